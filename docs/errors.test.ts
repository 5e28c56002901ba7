import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

describe('the page of errors', () => {
  it('has a heading for each code, in the order of the source, and no other', () => {
    const [, union = ''] = /export type ErrorCode =([^;]+);/.exec(read('../packages/core/src/errors.ts')) ?? [];
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code);
    const headings = [...read('reference/errors.md').matchAll(/^##+ (.*)$/gm)].map(([, heading]) => heading);
    expect(codes).toContain('NOT_FOUND');
    expect(headings).toEqual(codes);
  });
});
