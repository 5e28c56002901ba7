export { type ManualClock, manualClock } from './clock.ts';
export { type Faults, flaky } from './flaky.ts';
export { override } from '../storage/override.ts';
export { type Latency, slow } from './slow.ts';
export { type ContractRunner, describeStorage } from './storage-contract.ts';
