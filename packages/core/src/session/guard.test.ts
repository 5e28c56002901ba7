import { afterEach, describe, expect, it, vi } from 'vitest';
import { GuardVersions, guardVersion } from './guard.ts';

describe('the versions of a guard', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('are those of owner and agent, made or known', async () => {
    const versions = new GuardVersions();
    const identities: readonly (readonly [string | null, string | null])[] = [
      ['me', 'desk'],
      ['you', 'desk'],
      ['me', 'other'],
      ['me', null],
      [null, 'desk'],
      ['null', 'desk'],
      ['me","desk', null],
    ];
    const made = await Promise.all(identities.map((identity) => guardVersion(...identity)));
    expect(new Set(made).size).toBe(identities.length);
    for (let times = 0; times < 2; times++)
      expect(await Promise.all(identities.map((identity) => versions.of(...identity)))).toEqual(made);
  });

  it('are digested once for who comes again; of a thousand, who was away for longest is forgotten first', async () => {
    const versions = new GuardVersions();
    const digest = vi.spyOn(crypto.subtle, 'digest');
    const come = async (...guests: readonly string[]) => {
      for (const guest of guests) await versions.of(guest, 'desk');
      return digest.mock.calls.length;
    };
    const others = Array.from({ length: 998 }, (_, index) => `guest ${index}`);
    expect(await come('regular', 'once', ...others)).toBe(1000);
    expect(await come('once', ...others, 'regular')).toBe(1000);
    expect(await come('regular', 'new')).toBe(1001);
    expect(await come('regular', ...others)).toBe(1001);
    expect(await come('once')).toBe(1002);
  });
});
