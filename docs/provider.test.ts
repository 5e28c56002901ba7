import { describeStorage } from '@stateroom/core/testing';
import { describe, it } from 'vitest';
import { mapStorage } from './.snippets/guides-write-a-storage-provider-1.ts';

describeStorage('the provider of the guide', () => mapStorage(), { describe, it });
