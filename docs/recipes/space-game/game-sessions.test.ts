import { describe, expect, it } from 'vitest';
import { type Engine, onEachEngine, temporaryFolder } from '../testing/engines.ts';
import { GameSessions } from './game-sessions.ts';
import { SaveFolder } from './save-folder.ts';
import { ada, mallory, savedIn } from './testing/game-server.ts';

const notFound = expect.objectContaining({ code: 'NOT_FOUND' });
const buy = (quantity: number) => ({ type: 'buy', item: 'ore', quantity });

describe('GameSessions', () => {
  onEachEngine(suite);
});

function suite({ open, clock }: Engine): void {
  const folder = temporaryFolder();
  const begin = async () => {
    const storage = await open();
    const path = folder();
    return { storage, path, games: new GameSessions({ storage, clock, folder: new SaveFolder(path) }) };
  };

  it('begins a game with the numbers that games begin with', async () => {
    const { games } = await begin();
    const { data, view, created } = await games.createSession('player1', ada);
    expect(created).toBe(true);
    expect(data.game).toMatchObject({
      player_stats: {
        health: 100,
        wealth: 500,
        ship_condition: 100,
        fuel: 100,
        food: 50,
        has_flight_pod: false,
        pod_hp: 0,
        pod_augmentations: [],
        in_pod_mode: false,
        ship_type: 'scout',
        ship_mods: { high: [], mid: [], low: [], rig: [] },
        inventory: [],
        cargo_capacity: 50,
      },
      effects: [],
      turn_count: 0,
      statistics: Object.fromEntries(Object.keys(data.game.statistics).map((name) => [name, 0])),
    });
    expect(view).toMatchObject({
      session_id: 'player1',
      at_repair_location: true,
      max_turns: 50,
      location: { region_id: 'region_1', node_id: 'node_1' },
      player_stats: { max_hp: 80, used_cargo_space: 0 },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(data.slots).toEqual([null, null, null, null, null]);
  });

  it('gives the session that is there, or with forceNew another game; the one before is saved, its slots stay', async () => {
    const { games, path } = await begin();
    await games.createSession('player1', ada);
    await games.act('player1', buy(10), ada);
    await games.saveSlot('player1', 1, ada);
    expect((await games.createSession('player1', ada)).data.game.player_stats.wealth).toBe(380);
    const fresh = await games.createSession('player1', ada, { forceNew: true });
    expect(fresh.data.game.player_stats.wealth).toBe(500);
    expect((await savedIn(path, 'player1')).player_stats.wealth).toBe(380);
    expect((await games.loadSlot('player1', 1, ada)).player_stats.wealth).toBe(380);
  });

  it('keeps each player’s games to the player, whatever is asked', async () => {
    const { games } = await begin();
    await games.createSession('default', ada);
    expect(await games.getSession('default', mallory)).toBeNull();
    expect(await games.loadSession('default', mallory)).toBeNull();
    expect(await games.removeSession('default', mallory)).toBe(false);
    await expect(games.act('default', buy(1), mallory)).rejects.toEqual(notFound);
    await expect(games.loadSlot('default', 1, mallory)).rejects.toEqual(notFound);
    await expect(games.watch('default', mallory).next()).rejects.toEqual(notFound);
    await expect(games.createSession('default', mallory)).rejects.toMatchObject({ code: 'EXISTS' });
    expect((await games.getSession('default', ada))?.data.game.player_stats.wealth).toBe(500);
  });

  it('answers null about no session, refuses to change it, and removes it without a word', async () => {
    const { games } = await begin();
    await games.createSession('player1', ada);
    expect([await games.removeSession('player1', ada), await games.removeSession('player1', ada)]).toEqual([
      true,
      false,
    ]);
    expect([await games.getSession('player1', ada), await games.loadSession('player1', ada)]).toEqual([null, null]);
    await expect(games.act('player1', buy(1), ada)).rejects.toEqual(notFound);
    await expect(games.saveSlot('player1', 1, ada)).rejects.toEqual(notFound);
  });

  it('changes nothing by an action that throws, though it had paid already', async () => {
    const { games } = await begin();
    await games.createSession('player1', ada);
    const before = await games.getSession('player1', ada);
    await expect(games.act('player1', buy(26), ada)).rejects.toMatchObject({ code: 'LIMIT' });
    await expect(games.act('player1', { type: 'mine' }, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(games.act('player1', { type: 'cheat' }, ada)).rejects.toMatchObject({ code: 'INVALID' });
    const after = await games.getSession('player1', ada);
    expect([after?.data, after?.version]).toEqual([before?.data, before?.version]);
  });

  it('loses nothing when many act at once, on one game or on many', async () => {
    const { games } = await begin();
    const ids = ['player1', 'player2', 'player3'];
    for (const id of ids) await games.createSession(id, ada);
    await Promise.all(ids.flatMap((id) => Array.from({ length: 20 }, () => games.act(id, buy(1), ada))));
    for (const id of ids) {
      expect((await games.getSession(id, ada))?.data.game).toMatchObject({
        player_stats: { wealth: 260, inventory: [{ item: 'ore', quantity: 20 }] },
        statistics: { credits_spent: 240 },
      });
    }
  });

  it('gives out copies: what is done to them is not done to the game', async () => {
    const { games } = await begin();
    await games.createSession('player1', ada);
    const view = await games.act('player1', buy(1), ada);
    view.player_stats.inventory.push({ item: 'ore', quantity: 39 });
    const session = await games.getSession('player1', ada);
    session?.data.game.player_stats.inventory.pop();
    expect((await games.getSession('player1', ada))?.view.player_stats).toMatchObject({
      inventory: [{ item: 'ore', quantity: 1 }],
      used_cargo_space: 2,
    });
  });

  it('refuses to act in a game that is over, until a slot is loaded or another is begun', async () => {
    const { storage, path } = await begin();
    const games = new GameSessions({ storage, clock, folder: new SaveFolder(path), starting: { food: 1, health: 5 } });
    const { view } = await games.createSession('player1', ada);
    await games.saveSlot('player1', 1, ada);
    const away = { type: 'navigate', node_id: view.location?.node.links[0]?.to };
    expect(await games.act('player1', away, ada)).toMatchObject({ game_over: true, player_stats: { health: 0 } });
    await expect(games.act('player1', buy(1), ada)).rejects.toMatchObject({ code: 'CONFLICT', path: 'game' });
    expect((await games.loadSlot('player1', 1, ada)).game_over).toBe(false);
    await games.act('player1', buy(1), ada);
    await games.act('player1', away, ada);
    expect((await games.createSession('player1', ada, { forceNew: true })).view.game_over).toBe(false);
  });

  it('shows operators what is played, in the shape that they know', async () => {
    const { games } = await begin();
    await games.createSession('player1', ada);
    await games.createSession('player2', ada);
    await games.createSession('player3', mallory);
    await games.act('player2', buy(1), ada);
    const shown = { turn_count: 0, wealth: 500, game_over: false, victory: false };
    expect(await games.stats()).toEqual({
      active_sessions: 3,
      total_players: 2,
      sessions: { player1: shown, player2: { ...shown, wealth: 488 }, player3: shown },
    });
  });

  it('goes on after a restart: what is stored is played, what was saved is loaded', async () => {
    const { games, storage, path } = await begin();
    await games.createSession('player1', ada);
    await games.act('player1', buy(3), ada);
    expect(await games.saveAll()).toEqual({ saved: 1, failed: [] });
    await games.close();
    const restarted = new GameSessions({ storage, clock, folder: new SaveFolder(path) });
    expect((await restarted.getSession('player1', ada))?.data.game.player_stats.wealth).toBe(464);
    const elsewhere = new GameSessions({ storage: await open(), clock, folder: new SaveFolder(path) });
    expect(await elsewhere.getSession('player1', ada)).toBeNull();
    expect(await elsewhere.loadSession('player1', mallory)).toBeNull();
    const loaded = await elsewhere.loadSession('player1', ada);
    expect(loaded?.data.game.player_stats).toMatchObject({ wealth: 464, inventory: [{ item: 'ore', quantity: 3 }] });
  });
}
