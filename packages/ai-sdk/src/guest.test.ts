import { memoryStorage } from '@stateroom/core/memory';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { GuestCookie } from './guest.ts';
import { routeOn } from './testing/desk.ts';
import { readAnswer, userMessage } from './testing/talk.ts';

const secret = 'a secret of more than thirty-two characters';
const other = 'another secret of more than thirty-two characters';

const request = (cookie?: string, { url = 'http://localhost/', forwarded = '' } = {}) =>
  new Request(url, {
    headers: { ...(cookie !== undefined && { cookie }), ...(forwarded !== '' && { 'x-forwarded-proto': forwarded }) },
  });

async function issued(guests: GuestCookie, from = request()) {
  const cookie = await guests.issue(from);
  if (cookie === null) throw new Error('none was issued');
  return cookie;
}

describe('a guest’s cookie', () => {
  it('is known again, among others, in every process with the secret, and two guests are two', async () => {
    const guests = new GuestCookie({ secret });
    const [mine, yours] = [await issued(guests), await issued(guests)];
    expect(mine.owner).not.toBe(yours.owner);
    const elsewhere = new GuestCookie({ secret });
    expect(await elsewhere.identify(request(`theme=dark; ${mine.cookie}; lang=en`))).toBe(mine.owner);
    expect(await guests.issue(request(mine.cookie))).toBe(null);
    expect([await guests.identify(request()), await guests.identify(request('theme=dark'))]).toEqual([null, null]);
  });

  it('is found behind others of its name, which a neighbour on the same site can set', async () => {
    const guests = new GuestCookie({ secret });
    const { owner, cookie } = await issued(guests);
    const tossed = await issued(new GuestCookie({ secret: other }));
    for (const before of [tossed.cookie, `${guests.name}=`, `${guests.name}=%`])
      expect(await guests.identify(request(`${before}; ${cookie}`))).toBe(owner);
  });

  it('cannot be made by somebody who does not know the secret, nor changed, nor taken for one of another name', async () => {
    const guests = new GuestCookie({ secret });
    const { cookie } = await issued(guests);
    const [header = '', payload = '', signature = ''] = cookie.slice(cookie.indexOf('=') + 1).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    const eternal = await new SignJWT({ ...claims, exp: undefined })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
    const forged = [
      `${header}.${changed}.${signature}`,
      `${none}.${payload}.`,
      `${header}.${payload}.`,
      eternal,
      'somebody',
      '',
      '..',
      '%',
    ];
    for (const value of forged) expect(await guests.identify(request(`${guests.name}=${value}`))).toBe(null);
    expect(await new GuestCookie({ secret: other }).identify(request(cookie))).toBe(null);
    const renamed = new GuestCookie({ secret, name: 'another' });
    expect(await renamed.identify(request(cookie.replace(guests.name, 'another')))).toBe(null);
  });

  it('outlives a change of the secret while the old one is named behind the new', async () => {
    const { owner, cookie } = await issued(new GuestCookie({ secret }));
    const changed = new GuestCookie({ secret: [other, secret] });
    expect(await changed.identify(request(cookie))).toBe(owner);
    const { cookie: renewed } = await issued(changed);
    expect(await new GuestCookie({ secret: other }).identify(request(renewed))).not.toBe(null);
    expect(await new GuestCookie({ secret }).identify(request(renewed))).toBe(null);
  });

  it('is renewed for the same guest in the second half of its life, and forgotten after that', async () => {
    const { owner, cookie } = await issued(new GuestCookie({ secret, maxAgeSeconds: 100 }));
    const longer = new GuestCookie({ secret, maxAgeSeconds: 1000 });
    expect((await issued(longer, request(cookie))).owner).toBe(owner);
    const { cookie: over } = await issued(new GuestCookie({ secret, maxAgeSeconds: -1 }));
    expect(await longer.identify(request(over))).toBe(null);
    expect((await issued(longer, request(over))).owner).not.toBe(owner);
  });

  it('is out of reach of scripts and other sites, and goes over https alone where the browser came so', async () => {
    const guests = new GuestCookie({ secret });
    const { setCookie } = await issued(guests);
    for (const word of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=31536000']) expect(setCookie).toContain(word);
    expect(setCookie).not.toContain('Secure');
    expect((await issued(guests, request(undefined, { url: 'https://localhost/' }))).setCookie).toContain('Secure');
    expect((await issued(guests, request(undefined, { forwarded: 'https, http' }))).setCookie).toContain('Secure');
  });

  it('is refused a secret that is too short, with a remedy, and without a word of it', () => {
    for (const bad of ['', 'hunter2', [], [secret, 'hunter2']]) {
      expect(() => new GuestCookie({ secret: bad })).toThrow(/openssl rand/);
      expect(() => new GuestCookie({ secret: bad })).not.toThrow(/hunter2/);
    }
  });

  it('is all that a route needs to tell guests apart', async () => {
    const guests = new GuestCookie({ secret });
    const route = routeOn(memoryStorage(), { identify: guests.identify });
    const say = async (cookie: string, body: object) => {
      const init = {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      return readAnswer(await route.POST(new Request('http://localhost/api/chat/desk', init)));
    };
    const [mine, yours] = [await issued(guests), await issued(guests)];
    const id = (await say(mine.cookie, { message: userMessage('hello') })).headers.get('x-session-id') ?? '';
    expect((await say(mine.cookie, { id, message: userMessage('again') })).status).toBe(200);
    expect((await say(yours.cookie, { id, message: userMessage('mine?') })).status).toBe(404);
    expect((await say('', { id, message: userMessage('mine?') })).status).toBe(401);
  });
});
