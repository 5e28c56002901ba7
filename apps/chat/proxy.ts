import { type NextRequest, NextResponse } from 'next/server';
import { contentSecurityPolicy } from './lib/content-security-policy.ts';
import { getGuests } from './lib/guest.ts';

/** Next reads this as plain data: everything but the build's own files. */
export const config = { matcher: ['/((?!_next/static/|_next/image$|icon.svg$|favicon.ico$|api/health$).*)'] };

/**
 * Gives a guest's cookie to whoever comes without one. A page sees it in this same request. An API call does not, and is
 * answered with 401 and the cookie: two calls at once must not become two guests who each own a session. Pages are told
 * by their policy which scripts are theirs.
 */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const issued = await getGuests().issue(request);
  const response = isApiCall(request) ? NextResponse.next() : page(request, issued?.cookie ?? null);
  if (issued !== null) response.headers.append('set-cookie', issued.setCookie);
  return response;
}

function isApiCall(request: NextRequest): boolean {
  return request.nextUrl.pathname.startsWith('/api/');
}

function page(request: NextRequest, cookie: string | null): NextResponse {
  const nonce = Buffer.from(crypto.randomUUID()).toString('base64');
  // The bundler puts a constant in its place.
  const policy = contentSecurityPolicy(nonce, { isDevelopment: process.env.NODE_ENV === 'development' });
  const headers = new Headers(request.headers);
  // Next reads the nonce from the request's own header, and puts it on all of its scripts.
  headers.set('content-security-policy', policy);
  if (cookie !== null) headers.set('cookie', withFirst(cookie, headers.get('cookie')));
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

/** Whatever the request held under that name comes behind ours: the first valid one counts. */
function withFirst(cookie: string, others: string | null): string {
  return others === null ? cookie : `${cookie}; ${others}`;
}
