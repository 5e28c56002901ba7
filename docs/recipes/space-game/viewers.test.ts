import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';
import { GameSessions } from './game-sessions.ts';
import { SaveFolder } from './save-folder.ts';
import { ada, gameServer, mallory } from './testing/game-server.ts';
import { viewGame } from './viewers.ts';

const folder = temporaryFolder();

/** The events of a viewer, one after the other. */
function eventsOf(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => {
    const { value = '', done } = (await reader?.read()) ?? { done: true };
    const [, event, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(value) ?? [];
    return { event, data: data === undefined ? null : JSON.parse(data), done };
  };
  return { next, leave: async () => reader?.cancel() };
}

describe('viewers of a game', () => {
  it('all see it as it is, and what anybody does, from whatever server', async () => {
    const path = folder();
    const { clock, storage, games } = gameServer(path);
    const elsewhere = new GameSessions({ storage, clock: clock.now, folder: new SaveFolder(path) });
    await games.createSession('player1', ada);
    const viewers = [
      eventsOf(await viewGame(games, 'player1', ada)),
      eventsOf(await viewGame(elsewhere, 'player1', ada)),
    ];
    const wealths = async () => Promise.all(viewers.map(async ({ next }) => (await next()).data.player_stats.wealth));
    expect(await wealths()).toEqual([500, 500]);
    await elsewhere.act('player1', { type: 'buy', item: 'ore', quantity: 1 }, ada);
    expect(await wealths()).toEqual([488, 488]);
    await games.act('player1', { type: 'sell', item: 'ore', quantity: 1 }, ada);
    expect(await wealths()).toEqual([500, 500]);
    for (const { leave } of viewers) await leave();
  });

  it('are told of an event when there is something to choose', async () => {
    const { games } = gameServer(folder(), { starting: { fuel: 10_000, food: 100 } });
    const { view } = await games.createSession('player1', ada);
    const viewer = eventsOf(await viewGame(games, 'player1', ada));
    expect((await viewer.next()).event).toBe('game_state');
    const { current_node_id, choices } = await towardsAnEvent(games, view.current_node_id);
    for (;;) {
      const { event, data } = await viewer.next();
      if (event === 'game_state') continue;
      expect({ event, data }).toMatchObject({ event: 'game_event', data: { available_choices: choices } });
      break;
    }
    expect(current_node_id).not.toBe(view.current_node_id);
    await viewer.leave();
  });

  it('see the end of the session as the end', async () => {
    const { games } = gameServer(folder());
    await games.createSession('player1', ada);
    const viewer = eventsOf(await viewGame(games, 'player1', ada));
    await viewer.next();
    await games.removeSession('player1', ada);
    expect(await viewer.next()).toMatchObject({ done: true });
  });

  it('are the player alone: for anybody else there is no such game', async () => {
    const { games } = gameServer(folder());
    await games.createSession('player1', ada);
    expect((await viewGame(games, 'player1', mallory)).status).toBe(404);
    expect((await viewGame(games, 'none', ada)).status).toBe(404);
  });
});

/** Goes along the ring until something happens. */
async function towardsAnEvent(games: GameSessions, from: string) {
  for (let [at, trips] = [from, 0]; trips < 40; trips++) {
    const session = await games.getSession('player1', ada);
    const node_id = session?.view.location?.node.links[0]?.to ?? at;
    const view = await games.act('player1', { type: 'navigate', node_id }, ada);
    if (view.current_event !== null) return { current_node_id: node_id, choices: view.available_choices };
    at = node_id;
  }
  throw new Error('nothing happens in this game');
}
