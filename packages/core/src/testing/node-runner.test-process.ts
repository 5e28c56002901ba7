/** The contract under Node's own test runner, in the four lines that it takes. */
import { describe, it } from 'node:test';
import { memoryStorage } from '../storage/memory.ts';
import { describeStorage } from './storage-contract.ts';

describeStorage('memory under node:test', () => memoryStorage(), { describe, it });
