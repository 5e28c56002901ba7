import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

describe('the story of agent-chat', () => {
  it('remembers each conversation, keeps them apart, and the process ends with it', () => {
    const path = join(import.meta.dirname, 'main.ts');
    const env = { ...process.env, STATEROOM_STORAGE: 'memory' };
    const output = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 30_000, env });
    const [head, ...talk] = output.trim().split('\n\n');
    expect(head).toBe('conversations are kept in: memory');
    expect(talk.slice(2, 5)).toEqual([
      [
        'ada: What was it a year ago?',
        '  Apple (AAPL) was at $189.25 a year ago: +20 % since.',
        '  [analyse] price_history, stock_quote',
      ].join('\n'),
      [
        'grace: What was it a year ago?',
        '  Bitcoin (BTC) was at $37,250.00 a year ago: +146 % since.',
        '  [look] price_history, crypto_price',
      ].join('\n'),
      [
        'grace: Write a report',
        '  Not yet: draft report. In this step I may use stock quote, crypto price, price history, recall.',
        '  [look] price_history, crypto_price',
      ].join('\n'),
    ]);
    expect(talk.at(-1)?.split('\n')).toEqual([
      'eight quotes at once, of which are counted: 8',
      'noted for ada: 3',
      'noted for grace: 10',
      'mallory, with the key of ada: 404',
      'mallory asks for the session: 404',
      'ada asks for hers: 200',
      'reset, ada is in the step: look',
    ]);
  });
});
