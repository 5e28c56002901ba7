import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';
import { meanwhile } from '../testing/meanwhile.ts';
import { GameSessions } from './game-sessions.ts';
import { SaveFolder } from './save-folder.ts';
import { ada, block, gameServer, mallory, savedIn } from './testing/game-server.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const buy = (quantity: number) => ({ type: 'buy', item: 'ore', quantity });
const folder = temporaryFolder();

describe('the life of a game', () => {
  it('is an hour without a word of its player: to act, and to ask, is one; to watch is none', async () => {
    const { clock, games } = gameServer(folder());
    const ids = ['acts', 'asks', 'idles', 'is-watched'];
    for (const id of ids) await games.createSession(id, ada);
    for (let time = 0; time < 5; time++) {
      await clock.advance(10 * minuteMs);
      await games.act('acts', buy(1), ada);
      await games.getSession('asks', ada);
      await games.watch('is-watched', ada).next();
    }
    await clock.advance(10 * minuteMs);
    const left = Object.keys((await games.stats()).sessions);
    expect(left.toSorted()).toEqual(['acts', 'asks']);
  });

  it('is over at the hour, at once and for everybody, and not when a sweep comes by', async () => {
    const { clock, games } = gameServer(folder());
    await games.createSession('player1', ada);
    await clock.advance(hourMs - 1);
    expect((await games.stats()).active_sessions).toBe(1);
    await clock.advance(1);
    expect(await games.getSession('player1', ada)).toBeNull();
    await expect(games.act('player1', buy(1), ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await games.stats()).active_sessions).toBe(0);
  });

  it('ends with a save, from which it goes on', async () => {
    const path = folder();
    const { clock, games } = gameServer(path);
    await games.createSession('player1', ada);
    await games.act('player1', buy(10), ada);
    await games.saveSlot('player1', 2, ada);
    await clock.advance(hourMs);
    expect(await games.sweep()).toEqual({ expired: 1, failed: [] });
    expect((await savedIn(path, 'player1')).player_stats.wealth).toBe(380);
    expect(await games.getSession('player1', ada)).toBeNull();
    const again = await games.loadSession('player1', ada);
    expect(again?.data.game.player_stats.wealth).toBe(380);
    expect(again?.view.slots).toMatchObject([{ slot: 2 }]);
  });

  it('goes on from what was played last where the player is back before the sweep', async () => {
    const path = folder();
    const { clock, games } = gameServer(path);
    await games.createSession('player1', ada);
    await games.saveAll();
    await games.act('player1', buy(10), ada);
    await clock.advance(hourMs + minuteMs);
    expect((await games.loadSession('player1', ada))?.data.game.player_stats.wealth).toBe(380);
    await clock.advance(hourMs + minuteMs);
    expect((await games.createSession('player1', ada)).data.game.player_stats.wealth).toBe(500);
    expect((await savedIn(path, 'player1')).player_stats.wealth).toBe(380);
  });

  it('is not ended by a save that fails: it comes with the next sweep, and stops no other', async () => {
    const path = folder();
    const { clock, games, storage } = gameServer(path);
    for (const id of ['one', 'two', 'three']) await games.createSession(id, ada);
    await block(path, 'two');
    await clock.advance(hourMs);
    expect(await games.sweep()).toMatchObject({ expired: 2, failed: [{ sessionId: 'two' }] });
    expect(await games.sweep()).toMatchObject({ expired: 0, failed: [{ sessionId: 'two' }] });
    const elsewhere = folder();
    const repaired = new GameSessions({ storage, clock: clock.now, folder: new SaveFolder(elsewhere) });
    expect(await repaired.sweep()).toEqual({ expired: 1, failed: [] });
    expect((await savedIn(elsewhere, 'two')).player_stats.wealth).toBe(500);
  });

  it('is looked after in the background, until the games are closed', async () => {
    const path = folder();
    const { clock, games } = gameServer(path);
    await games.createSession('player1', ada);
    await clock.advance(hourMs);
    games.start(5);
    await expect.poll(() => readdir(path).catch(() => [])).toEqual(['session_player1.json']);
    await games.close();
  });
});

describe('save all', () => {
  it('saves each that can be saved, and names the one that cannot', async () => {
    const path = folder();
    const { games } = gameServer(path);
    const ids = Array.from({ length: 30 }, (_, index) => `player${index}`);
    for (const id of ids) await games.createSession(id, ada);
    await block(path, 'player7');
    const report = await games.saveAll();
    expect(report).toMatchObject({ saved: 29, failed: [{ sessionId: 'player7', error: { code: 'EISDIR' } }] });
    const files = (await readdir(path)).filter((name) => name.endsWith('.json'));
    expect(files.toSorted()).toEqual(ids.map((id) => `session_${id}.json`).toSorted());
  });
});

describe('the bound of a hundred games', () => {
  const fill = async (games: GameSessions, clock: { advance: (ms: number) => Promise<void> }) => {
    for (let index = 0; index < 100; index++) {
      await games.createSession(`player${index}`, ada);
      await clock.advance(1);
    }
  };

  it('refuses the one that is one more, and still lets in those who play', async () => {
    const { clock, games } = gameServer(folder());
    await fill(games, clock);
    await expect(games.createSession('player100', ada)).rejects.toMatchObject({ code: 'LIMIT' });
    expect((await games.stats()).active_sessions).toBe(100);
    expect((await games.createSession('player7', ada)).created).toBe(false);
    await games.removeSession('player7', ada);
    await games.createSession('player100', mallory);
    await expect(games.createSession('player101', ada)).rejects.toMatchObject({ code: 'LIMIT' });
  });

  it('or makes room by the idlest, which is saved before it goes', async () => {
    const path = folder();
    const { clock, games } = gameServer(path, { whenFull: 'evict-idle' });
    await fill(games, clock);
    await games.act('player0', buy(1), ada);
    await games.createSession('player100', ada);
    expect((await games.stats()).active_sessions).toBe(100);
    expect(await games.getSession('player1', ada)).toBeNull();
    expect(await readdir(path)).toEqual(['session_player1.json']);
    expect((await games.loadSession('player1', ada))?.data.game.player_stats.wealth).toBe(500);
    expect(await games.getSession('player2', ada)).toBeNull();
  });

  it('and never makes room by one that cannot be saved', async () => {
    const path = folder();
    const { clock, games } = gameServer(path, { whenFull: 'evict-idle' });
    await fill(games, clock);
    await block(path, 'player0');
    await expect(games.createSession('player100', ada)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await games.getSession('player0', ada)).not.toBeNull();
  });

  it('and lets those who have been idle for an hour go first; they are still saved', async () => {
    const path = folder();
    const { clock, games } = gameServer(path);
    await fill(games, clock);
    await clock.advance(hourMs);
    await games.createSession('player100', ada);
    expect(await games.sweep()).toEqual({ expired: 100, failed: [] });
    expect(await readdir(path)).toHaveLength(100);
  });
});

describe('a game that is begun anew', () => {
  it('takes the place of no turn that is played meanwhile without a save of it', async () => {
    const path = folder();
    const { clock, storage: inner } = gameServer(path);
    const { storage, beforeNextCommit } = meanwhile(inner);
    const folderOf = new SaveFolder(path);
    const games = new GameSessions({ storage, clock: clock.now, folder: folderOf });
    const other = new GameSessions({ storage: inner, clock: clock.now, folder: folderOf });
    await games.createSession('player1', ada);
    beforeNextCommit(() => other.act('player1', buy(10), ada));
    expect((await games.createSession('player1', ada, { forceNew: true })).data.game.player_stats.wealth).toBe(500);
    expect((await savedIn(path, 'player1')).player_stats.wealth).toBe(380);
  });

  it('is refused where the game before it cannot be saved', async () => {
    const path = folder();
    const { games } = gameServer(path);
    await games.createSession('player1', ada);
    await games.act('player1', buy(10), ada);
    await block(path, 'player1');
    await expect(games.createSession('player1', ada, { forceNew: true })).rejects.toMatchObject({ code: 'EISDIR' });
    expect((await games.getSession('player1', ada))?.data.game.player_stats.wealth).toBe(380);
  });
});
