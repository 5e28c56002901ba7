import type { GameSessions, Player } from './game-sessions.ts';
import type { GameView } from './game-view.ts';
import { isStateroomError } from '@stateroom/core';

/**
 * A game as server-sent events: `game_state` as it is and after each change, whoever has made it, and `game_event` when
 * there is something to choose. 404 for whoever it does not belong to. It ends when the reader leaves, or the session.
 */
export async function viewGame(games: GameSessions, sessionId: string, player: Player): Promise<Response> {
  const leaving = new AbortController();
  const states = games.watch(sessionId, player, leaving.signal);
  try {
    const first = await states.next();
    const views = (async function* () {
      if (first.done !== true) yield* eventsOf(first.value.view);
      for await (const { view } of states) yield* eventsOf(view);
    })();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = await views.next();
        if (next.done === true) controller.close();
        else controller.enqueue(utf8.encode(next.value));
      },
      // Before the generators are asked to end: the wait that they are in has to end first.
      cancel: () => leaving.abort(),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
  } catch (error) {
    if (isStateroomError(error) && error.code === 'NOT_FOUND') return new Response(null, { status: 404 });
    throw error;
  }
}

function* eventsOf(view: GameView): Generator<string> {
  yield `event: game_state\ndata: ${JSON.stringify(view)}\n\n`;
  const { current_event, available_choices } = view;
  if (current_event === null || available_choices.length === 0) return;
  yield `event: game_event\ndata: ${JSON.stringify({ current_event, available_choices })}\n\n`;
}

const utf8 = new TextEncoder();
