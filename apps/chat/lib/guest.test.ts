import { describe, expect, it } from 'vitest';
import { createGuestKey, guestCookieOptions, guestKeyFrom, identifyGuest, ownerOf, withGuestKey } from './guest.ts';

const requestWith = (cookie?: string) =>
  new Request('http://localhost/', { headers: cookie === undefined ? {} : { cookie } });

describe('a guest', () => {
  it('has a key of 43 URL-safe characters, another one each time', () => {
    const keys = Array.from({ length: 50 }, createGuestKey);
    expect(keys.every((key) => /^[A-Za-z0-9_-]{43}$/.test(key))).toBe(true);
    expect(new Set(keys).size).toBe(50);
  });

  it('is the same owner for the same key, and the owner does not tell the key', async () => {
    const key = createGuestKey();
    const owner = await identifyGuest(requestWith(`theme=dark; stateroom-guest=${key}`));
    expect(owner).toBe(await ownerOf(key));
    expect(owner).not.toBe(key);
    expect(await ownerOf(createGuestKey())).not.toBe(owner);
  });

  it('is not opened by what is stored: the owner, sent as a key, is another owner', async () => {
    const owner = await ownerOf(createGuestKey());
    expect(await identifyGuest(requestWith(`stateroom-guest=${owner}`))).not.toBe(owner);
  });

  it.each([
    ['no cookie at all', undefined],
    ['other cookies only', 'theme=dark; not-stateroom-guest=x'],
    ['an empty key', 'stateroom-guest='],
    ['a key that is too short', `stateroom-guest=${'a'.repeat(42)}`],
    ['a key that is too long', `stateroom-guest=${'a'.repeat(44)}`],
    ['a key of other characters', `stateroom-guest=${'a'.repeat(42)}+`],
  ])('is nobody with %s', async (_, cookie) => {
    expect(await identifyGuest(requestWith(cookie))).toBeNull();
  });

  it('takes the place of a broken key in the Cookie header, and leaves the other cookies', () => {
    const key = createGuestKey();
    const header = withGuestKey('theme=dark; stateroom-guest=broken; lang=en', key);
    expect(header).toBe(`theme=dark; lang=en; stateroom-guest=${key}`);
    expect(guestKeyFrom(new Headers({ cookie: header }))).toBe(key);
    expect(withGuestKey(null, key)).toBe(`stateroom-guest=${key}`);
  });

  it('has a cookie that scripts and other sites cannot use', () => {
    expect(guestCookieOptions(true)).toMatchObject({ httpOnly: true, sameSite: 'lax', path: '/', secure: true });
    expect(guestCookieOptions(false).secure).toBe(false);
  });
});
