import { describe, expect, it } from 'vitest';
import { parsePointer, valueAt } from './json-pointer.ts';

const value = { a: { 'b/c': [10, { d: null }], '~': 'tilde', '': 'empty' }, text: 'long' };

describe('a JSON pointer', () => {
  it.each<readonly [string, unknown]>([
    ['', value],
    ['/a/b~1c/0', 10],
    ['/a/b~1c/1/d', null],
    ['/a/~0', 'tilde'],
    ['/a/', 'empty'],
    ['/a/b~1c/2', undefined],
    ['/a/b~1c/00', undefined],
    ['/a/b~1c/length', undefined],
    ['/text/length', undefined],
    ['/text/0', undefined],
    ['/a/b~1c/1/d/e', undefined],
    ['/toString', undefined],
    ['/__proto__', undefined],
  ])('%j leads to what is there of its own', (pointer, expected) => {
    expect(valueAt(value, pointer)).toEqual(expected);
  });

  it.each(['a', 'a/b', '/~', '/~2', '#/a'])('is not %j', (text) => {
    expect(parsePointer(text)).toBe(null);
  });
});
