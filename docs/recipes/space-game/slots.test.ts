import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';
import { GameSessions } from './game-sessions.ts';
import { SaveFolder } from './save-folder.ts';
import { listSlots, slotInfo } from './slots.ts';
import { ada, gameServer, mallory } from './testing/game-server.ts';

const folder = temporaryFolder();
const buy = { type: 'buy', item: 'ore', quantity: 10 };

async function begun(options: Parameters<typeof gameServer>[1] = {}) {
  const server = gameServer(folder(), options);
  const { games } = server;
  const { view } = await games.createSession('player1', ada);
  const away = { type: 'navigate', node_id: view.location?.node.links[0]?.to };
  const slots = async () => listSlots((await games.getSession('player1', ada))?.data ?? { slots: [], game: never() });
  return { ...server, away, slots };
}

function never(): never {
  throw new Error('the session is gone');
}

describe('the slots of a game', () => {
  it('have the auto-save in the first, as the game is after each turn, in the commit of that turn', async () => {
    const { games, away, slots, clock } = await begun();
    expect(await slots()).toEqual([]);
    await games.act('player1', buy, ada);
    expect(await slots()).toEqual([]);
    const view = await games.act('player1', away, ada);
    const timestamp = new Date(clock.now()).toISOString();
    const info = { slot: 0, is_auto: true, timestamp, turn_count: 1, wealth: 380, health: 100, game_version: '2.0' };
    expect(view.slots).toEqual([{ ...info, location: view.location?.node.name }]);
    expect(await slots()).toEqual(view.slots);
  });

  it('bring back the game as it was, auto-saved or saved by hand', async () => {
    const { games, away } = await begun();
    await games.saveSlot('player1', 4, ada);
    await games.act('player1', away, ada);
    const saved = (await games.getSession('player1', ada))?.data.game;
    // From here the player goes on, and regrets it.
    await games.act('player1', { ...away, node_id: 'node_1' }, ada);
    await games.saveSlot('player1', 1, ada);
    expect(await games.loadSlot('player1', 4, ada)).toMatchObject({ turn_count: 0, current_node_id: 'node_1' });
    expect(await games.loadSlot('player1', 1, ada)).toMatchObject({ turn_count: 2 });
    expect(await games.loadSlot('player1', 0, ada)).toMatchObject({ turn_count: 2 });
    expect(saved?.turn_count).toBe(1);
  });

  it('are listed, told of one by one, and deleted', async () => {
    const { games, slots } = await begun();
    expect(await games.saveSlot('player1', 2, ada)).toMatchObject({ slot: 2, is_auto: false, wealth: 500 });
    await games.act('player1', buy, ada);
    await games.saveSlot('player1', 3, ada);
    expect((await slots()).map(({ slot, wealth }) => [slot, wealth])).toEqual([
      [2, 500],
      [3, 380],
    ]);
    await games.deleteSlot('player1', 2, ada);
    await games.deleteSlot('player1', 2, ada);
    const { data } = (await games.getSession('player1', ada)) ?? {};
    expect(data && [slotInfo(data, 2), slotInfo(data, 3)?.wealth]).toEqual([null, 380]);
    await expect(games.loadSlot('player1', 2, ada)).rejects.toMatchObject({ code: 'NOT_FOUND', path: 'slot' });
  });

  it('keep the auto-save from everybody but the game', async () => {
    const { games, away, slots } = await begun();
    await games.act('player1', away, ada);
    const before = await slots();
    const refused = { code: 'INVALID', path: 'slot' };
    await expect(games.deleteSlot('player1', 0, ada)).rejects.toMatchObject(refused);
    await expect(games.saveSlot('player1', 0, ada)).rejects.toMatchObject(refused);
    expect(await slots()).toEqual(before);
  });

  it.each([-1, 5, 1.5, Number.NaN])('are 0 to 4, and no %d', async (slot) => {
    const { games } = await begun();
    const refused = { code: 'INVALID', path: 'slot' };
    await expect(games.saveSlot('player1', slot, ada)).rejects.toMatchObject(refused);
    await expect(games.loadSlot('player1', slot, ada)).rejects.toMatchObject(refused);
    await expect(games.deleteSlot('player1', slot, ada)).rejects.toMatchObject(refused);
  });

  it('are as many as configured, two at least', async () => {
    const { games } = await begun({ saveSlots: 2 });
    await games.saveSlot('player1', 1, ada);
    await expect(games.saveSlot('player1', 2, ada)).rejects.toMatchObject({ code: 'INVALID' });
    const { storage } = gameServer(folder());
    const few = () => new GameSessions({ storage, folder: new SaveFolder(folder()), saveSlots: 1 });
    expect(few).toThrow(expect.objectContaining({ code: 'INVALID', path: 'saveSlots' }));
  });

  it('are each player’s own', async () => {
    const { games, away } = await begun();
    await games.createSession('player2', mallory);
    await games.act('player2', away, mallory);
    expect((await games.getSession('player1', ada))?.view.slots).toEqual([]);
  });
});
