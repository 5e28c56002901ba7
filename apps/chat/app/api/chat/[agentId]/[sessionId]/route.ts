import { readSession, type SessionAddress } from '../../../../../lib/read-session.ts';

export type HistoryRouteContext = { readonly params: Promise<SessionAddress> };

/** A session as its page shows it, for a page that was drawn before the latest turns. */
export async function GET(request: Request, { params }: HistoryRouteContext): Promise<Response> {
  const session = await readSession(await params, request.headers);
  if (session === null) {
    return Response.json({ error: { code: 'NOT_FOUND', message: 'there is no such session' } }, { status: 404 });
  }
  const { messages, view, runningTurnId } = session;
  return Response.json({ messages, view, runningTurnId }, { headers: { 'cache-control': 'no-store' } });
}
