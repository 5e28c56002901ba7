import { expect, it } from 'vitest';
import { describeFault } from './chat-fault.ts';

const told = (code: string) => describeFault(new Error(JSON.stringify({ error: { code, message: '' } })), false).title;

it.each([
  ['STORAGE', 'The storage cannot be reached.'],
  ['TIMEOUT', 'The storage cannot be reached.'],
  ['UNKNOWN_OUTCOME', 'The storage broke off.'],
  ['of a newer server', 'Something went wrong on the server.'],
  ['constructor', 'Something went wrong on the server.'],
])('%s is told in words', (code, title) => {
  expect(told(code)).toBe(title);
});
