import { createId, StateroomError } from '@stateroom/core';
import { parseCookie, stringifySetCookie } from 'cookie';
import { errors, jwtVerify, SignJWT } from 'jose';

export type GuestCookieOptions = {
  /** 32 characters at the least, the same in all processes. Of several the first signs, and all are known: for a change of it. */
  readonly secret: string | readonly string[];
  /** 'stateroom-guest' by default. */
  readonly name?: string;
  /** How long a guest who does not come back is remembered: a year by default. */
  readonly maxAgeSeconds?: number;
};

type Asking = { readonly url: string; readonly headers: Pick<Headers, 'get'> };

export type IssuedCookie = {
  readonly owner: string;
  /** For the header `set-cookie`. */
  readonly setCookie: string;
  /** For the header `cookie` of this same request: `name=value`. */
  readonly cookie: string;
};

const minSecretCharacters = 32;
const yearSeconds = 365 * 24 * 60 * 60;
const algorithm = 'HS256';

/**
 * Makes a browser a guest without a login: its cookie names the owner of its sessions, and is signed, so that nobody can
 * make one. It is out of reach of scripts and of other sites' posts, and goes over https alone where the request did.
 *
 * @example
 * const guests = new GuestCookie({ secret: process.env.STATEROOM_SECRET });
 * export const { GET, POST, DELETE } = createChatRoute({ agents, storage, identify: guests.identify });
 */
export class GuestCookie {
  readonly name: string;
  readonly #key: Uint8Array;
  readonly #olderKeys: readonly Uint8Array[];
  readonly #maxAgeSeconds: number;

  /** INVALID for a secret that is too short to be one. */
  constructor({ secret, name = 'stateroom-guest', maxAgeSeconds = yearSeconds }: GuestCookieOptions) {
    const [newest, ...older] = typeof secret === 'string' ? [secret] : secret;
    if (newest === undefined || [newest, ...older].some((each) => each.length < minSecretCharacters)) {
      const message = `a secret has less than ${minSecretCharacters} characters; make one with \`openssl rand -base64 32\``;
      throw new StateroomError('INVALID', message, { path: 'secret' });
    }
    const encoder = new TextEncoder();
    this.#key = encoder.encode(newest);
    this.#olderKeys = older.map((each) => encoder.encode(each));
    this.name = name;
    this.#maxAgeSeconds = maxAgeSeconds;
  }

  /** The owner who asks, by the cookie alone; null when there is none, or it is not signed by us, or too old. */
  readonly identify = async (request: Pick<Asking, 'headers'>): Promise<string | null> =>
    (await this.#read(request))?.owner ?? null;

  /**
   * A cookie for a guest who has none, or whose cookie is in the second half of its life: null for all others. Let one
   * request of a browser make it: two at once make two guests, of whom one is forgotten.
   */
  async issue(request: Asking): Promise<IssuedCookie | null> {
    const seen = await this.#read(request);
    if (seen !== null && seen.expiresAt - nowSeconds() > this.#maxAgeSeconds / 2) return null;
    const owner = seen?.owner ?? createId();
    const value = await new SignJWT()
      .setProtectedHeader({ alg: algorithm })
      .setSubject(owner)
      .setAudience(this.name)
      .setExpirationTime(nowSeconds() + this.#maxAgeSeconds)
      .sign(this.#key);
    const { name } = this;
    const options = { httpOnly: true, sameSite: 'lax', path: '/', maxAge: this.#maxAgeSeconds } as const;
    const setCookie = stringifySetCookie({ name, value, ...options, secure: isHttps(request) });
    return { owner, setCookie, cookie: `${name}=${value}` };
  }

  async #read({ headers }: Pick<Asking, 'headers'>): Promise<{ owner: string; expiresAt: number } | null> {
    // Others of the same site can set one of this name too, which may come first.
    const tokens = (headers.get('cookie') ?? '').split(';').map((pair) => parseCookie(pair)[this.name]);
    for (const token of tokens.filter((each) => each !== undefined)) {
      for (const key of [this.#key, ...this.#olderKeys]) {
        const { sub, exp } = (await verified(token, key, this.name)) ?? {};
        if (sub !== undefined && exp !== undefined) return { owner: sub, expiresAt: exp };
      }
    }
    return null;
  }
}

async function verified(token: string, key: Uint8Array, audience: string) {
  try {
    return (await jwtVerify(token, key, { algorithms: [algorithm], audience })).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

/** A proxy in front tells how the browser came. */
function isHttps({ url, headers }: Asking): boolean {
  const forwarded = headers.get('x-forwarded-proto')?.split(',')[0]?.trim();
  return (forwarded ?? new URL(url).protocol.replace(':', '')) === 'https';
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
