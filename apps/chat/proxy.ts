import { type NextRequest, NextResponse } from 'next/server';
import { createGuestKey, guestCookieName, guestCookieOptions, guestKeyFrom, withGuestKey } from './lib/guest.ts';

/** Next reads this as plain data: everything but the build's own files. */
export const config = { matcher: ['/((?!_next/static|_next/image|icon.svg).*)'] };

/**
 * Gives a guest's key to whoever comes without one. A page sees the new key in this same request. An API call does
 * not, and is answered with 401 and the cookie: two calls at once must not become two guests who each own a session.
 */
export function proxy(request: NextRequest): NextResponse {
  if (guestKeyFrom(request.headers) !== null) return NextResponse.next();
  const guestKey = createGuestKey();
  const response = isApiCall(request) ? NextResponse.next() : nextWithGuestKey(request, guestKey);
  response.cookies.set(guestCookieName, guestKey, guestCookieOptions(isHttps(request)));
  return response;
}

function isApiCall(request: NextRequest): boolean {
  return request.nextUrl.pathname.startsWith('/api/');
}

function nextWithGuestKey(request: NextRequest, guestKey: string): NextResponse {
  const headers = new Headers(request.headers);
  headers.set('cookie', withGuestKey(headers.get('cookie'), guestKey));
  return NextResponse.next({ request: { headers } });
}

function isHttps(request: NextRequest): boolean {
  const forwarded = request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim();
  return (forwarded ?? request.nextUrl.protocol.replace(':', '')) === 'https';
}
