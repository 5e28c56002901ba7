/** The cookie that makes a browser a guest: whoever holds its value opens that guest's sessions, and nobody else's. */
export const guestCookieName = 'stateroom-guest';

/** A year, in seconds as cookies count. */
const maxAgeSeconds = 365 * 24 * 60 * 60;
const guestKeyPattern = /^[A-Za-z0-9_-]{43}$/;

/** A new key of 32 random bytes: 43 URL-safe characters. */
export function createGuestKey(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** The guest's key in a request's Cookie header, or null when there is none of the right form. */
export function guestKeyFrom(headers: Pick<Headers, 'get'>): string | null {
  const prefix = `${guestCookieName}=`;
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  const keys = pairs.filter((pair) => pair.startsWith(prefix)).map((pair) => pair.slice(prefix.length));
  return keys.find((key) => guestKeyPattern.test(key)) ?? null;
}

/** What is stored as the owner: the digest of the key, so that nothing in the storage opens a session. */
export async function ownerOf(guestKey: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(guestKey));
  return base64Url(new Uint8Array(digest));
}

/** The owner who asks, by the cookie of the request alone; null when it brings none. */
export async function identifyGuest(request: { readonly headers: Pick<Headers, 'get'> }): Promise<string | null> {
  const guestKey = guestKeyFrom(request.headers);
  return guestKey === null ? null : ownerOf(guestKey);
}

/** The request's Cookie header with the guest's key in it, instead of whatever it held under that name. */
export function withGuestKey(cookieHeader: string | null, guestKey: string): string {
  const others = (cookieHeader ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !pair.startsWith(`${guestCookieName}=`));
  return [...others, `${guestCookieName}=${guestKey}`].join('; ');
}

/** How the cookie is set: out of reach of scripts and of other sites' posts, and only over https where the request came so. */
export function guestCookieOptions(isHttps: boolean) {
  return { httpOnly: true, sameSite: 'lax', path: '/', secure: isHttps, maxAge: maxAgeSeconds } as const;
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
