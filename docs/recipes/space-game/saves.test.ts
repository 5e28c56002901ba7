import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addEffect } from '@stateroom/orchestration';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';
import { type Game, newGame } from './game.ts';
import { fromSaved, parseOldSave, parseSaved, toSaved } from './save-format.ts';
import { SaveFolder } from './save-folder.ts';
import { autoSave } from './slots.ts';
import { generateStarMap } from './star-map.ts';
import { gameWith, sessionOf } from './testing/fixtures.ts';
import { ada, gameServer, mallory, pathIn, putFile } from './testing/game-server.ts';

const folder = temporaryFolder();
const info = {
  sessionId: 'player1',
  owner: 'ada',
  agentId: null,
  createdAt: 0,
  updatedAt: 0,
  metadata: {},
  expiresAt: null,
  savedAt: 0,
};
const saved = (game: Game, sessionId = 'player1') => toSaved(sessionOf(game), { ...info, sessionId });

const oldSave = {
  player_stats: {
    wealth: 1234,
    health: 77,
    ship_mods: { high: ['mining_laser'], mid: [], low: [], rig: [] },
    temp_effects: [
      { type: 'temp_hp', value: 50, duration: 3 },
      { type: 'temp_hp', value: 10, duration: 0 },
    ],
    used_cargo_space: 12,
    max_ship_condition: 80,
  },
  active_quest: null,
  completed_quests: ['first'],
  turn_count: 42,
  at_repair_location: true,
  star_map: generateStarMap('of another game'),
  current_region_id: 'region_1',
  current_node_id: 'node_5',
  statistics: { systems_visited: 9 },
};

describe('a save', () => {
  it('has the nine parts, and all else that a game goes on with', () => {
    const game = gameWith({ wealth: 2500 }, { victory: true, current_event: 'derelict', available_choices: ['leave'] });
    const text = saved(game);
    expect(Object.keys(text)).toEqual(
      expect.arrayContaining([
        'player_stats',
        'active_quest',
        'completed_quests',
        'turn_count',
        'at_repair_location',
        'star_map',
        'current_region_id',
        'current_node_id',
        'statistics',
      ]),
    );
    expect(text.star_map).toEqual(generateStarMap(game.game_id));
    expect(fromSaved(parseSaved(JSON.stringify(text)))).toEqual(sessionOf(game));
  });

  it('gives back the session that was saved, whatever it was', () => {
    const anything = fc.record({
      wealth: fc.integer(),
      turns: fc.nat(),
      flags: fc.tuple(fc.boolean(), fc.boolean()),
      quest: fc.option(fc.string()),
      quantity: fc.integer({ min: 1, max: 40 }),
      turnsLeft: fc.integer({ min: 1, max: 9 }),
      ownMap: fc.boolean(),
    });
    fc.assert(
      fc.property(anything, ({ wealth, turns, flags: [game_over, victory], quest, quantity, turnsLeft, ownMap }) => {
        const game = gameWith(
          { wealth, inventory: [{ item: 'ore', quantity }] },
          {
            turn_count: turns,
            game_over,
            victory,
            active_quest: quest,
            star_map: ownMap ? generateStarMap('another') : null,
          },
        );
        const effect = { id: 'a', kind: 'temp_hp', value: 1, turnsLeft };
        const session = autoSave(sessionOf(addEffect(game, effect)), 0);
        expect(fromSaved(parseSaved(JSON.stringify(toSaved(session, info))))).toEqual(session);
      }),
    );
  });

  it.each<readonly [string, (save: ReturnType<typeof saved>) => unknown, string]>([
    [
      'wealth that is no number',
      (save) => ({ ...save, player_stats: { ...save.player_stats, wealth: 'lots' } }),
      'save.player_stats.wealth',
    ],
    ['turns that are no number', (save) => ({ ...save, turn_count: 'x' }), 'save.turn_count'],
    ['what nobody knows', (save) => ({ ...save, cheats: true }), 'save.'],
    ['a version to come', (save) => ({ ...save, version: 3 }), 'save.version'],
    [
      'a mod that there is not',
      (save) => ({
        ...save,
        player_stats: { ...save.player_stats, ship_mods: { high: ['x'], mid: [], low: [], rig: [] } },
      }),
      'save.player_stats.ship_mods.high.0',
    ],
  ])('with %s is refused, with the path', (_name, spoil, path) => {
    const text = JSON.stringify(spoil(saved(gameWith())));
    expect(() => parseSaved(text)).toThrow(expect.objectContaining({ code: 'INVALID_STATE', path }));
  });

  it('of some turns is about as long as one expects', () => {
    const session = autoSave(sessionOf(gameWith()), 0);
    expect(JSON.stringify(toSaved(session, info)).length).toBeLessThan(13_000);
  });
});

describe('the folder of saves', () => {
  it('has a file for each session, of whole saves alone, and is made when it is needed', async () => {
    const path = join(folder(), 'not', 'there', 'yet');
    const saves = new SaveFolder(path);
    expect(await saves.read('player1')).toBeNull();
    await saves.write(saved(gameWith()));
    expect(await readdir(path)).toEqual(['session_player1.json']);
    expect(await saves.read('player1')).toEqual(saved(gameWith()));
    expect((await readFile(pathIn(path, 'player1'))).toString('utf8')).toContain('"player_stats"');
  });

  it('lets no id out of it, and gives no two ids one file', async () => {
    const outside = folder();
    const path = join(outside, 'saves');
    const saves = new SaveFolder(path);
    const ids = [
      'x/../../outside',
      '../up',
      '/etc/passwd',
      'a\\b',
      'Ada',
      'ada',
      'ada.json',
      'ä',
      '%61da',
      '.',
      'x'.repeat(256),
      'x'.repeat(255),
    ];
    for (const id of ids) await saves.write(saved(gameWith(), id));
    expect(await readdir(outside)).toEqual(['saves']);
    const files = await readdir(path);
    expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(ids.length);
    for (const id of ids) expect((await saves.read(id))?.session_id).toBe(id);
  });

  it('leaves a save that is cut off as it is, and tells it from none; the next save puts it aside', async () => {
    const path = folder();
    const saves = new SaveFolder(path);
    await putFile(path, 'player1', JSON.stringify(saved(gameWith())).slice(0, 300));
    await expect(saves.read('player1')).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(await readdir(path)).toEqual(['session_player1.json']);
    await saves.write(saved(gameWith()));
    expect((await readdir(path)).toSorted()).toEqual(['session_player1.json', 'session_player1.json.bak']);
  });

  it('keeps the last game of before when another one of the session is saved', async () => {
    const path = folder();
    const saves = new SaveFolder(path);
    await saves.write(saved(gameWith({ wealth: 1234 })));
    await saves.write(saved(gameWith({ wealth: 1300 })));
    await saves.write(saved(newGame('game-2')));
    await saves.write(saved(newGame('game-2')));
    const before = parseSaved(await readFile(`${pathIn(path, 'player1')}.bak`, 'utf8'));
    expect([before.player_stats.wealth, (await saves.read('player1'))?.game_id]).toEqual([1300, 'game-2']);
  });

  it('does not load the save of another session, or of another player', async () => {
    const path = folder();
    await putFile(path, 'player2', saved(gameWith()));
    await expect(new SaveFolder(path).read('player2')).rejects.toMatchObject({ path: 'save.session_id' });
    await putFile(path, 'player1', saved(gameWith()));
    const { games } = gameServer(path);
    expect(await games.loadSession('player1', mallory)).toBeNull();
    expect((await games.loadSession('player1', ada))?.data.game).toEqual(gameWith());
  });
});

describe('an old save', () => {
  it('becomes a game of today: what it has stays, what it lacks is as in a new game', () => {
    const game = parseOldSave(JSON.stringify(oldSave), 'game-7');
    expect(game).toMatchObject({
      game_id: 'game-7',
      player_stats: { wealth: 1234, health: 77, food: 50, ship_mods: { high: ['mining_laser'] } },
      effects: [{ kind: 'temp_hp', value: 50, turnsLeft: 3 }],
      turn_count: 42,
      completed_quests: ['first'],
      current_node_id: 'node_5',
      star_map: oldSave.star_map,
      statistics: { systems_visited: 9, pod_uses: 0 },
      game_over: false,
    });
    expect(game.effects).toHaveLength(1);
    expect(parseOldSave('{"player_stats":{}}', 'game-1')).toEqual(newGame('game-1'));
  });

  it.each<readonly [string, object, string]>([
    ['wealth that is no number', { player_stats: { wealth: 'lots' } }, 'save.player_stats.wealth'],
    ['what nobody knows', { player_stats: {}, cheats: true }, 'save.'],
  ])('with %s is refused, with the path', (_name, save, path) => {
    expect(() => parseOldSave(JSON.stringify(save), 'g')).toThrow(
      expect.objectContaining({ code: 'INVALID_STATE', path }),
    );
  });

  it('is taken over into slot 1, and put aside', async () => {
    const path = folder();
    await putFile(path, 'player1', oldSave);
    const { games } = gameServer(path);
    await expect(games.loadSession('player1', ada)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('migrateOldSave'),
    });
    expect(await games.migrateOldSave('player1', ada)).toBe(true);
    expect(await readdir(path)).toEqual(['session_player1.json.bak']);
    expect((await games.getSession('player1', ada))?.view.slots).toMatchObject([{ slot: 1, wealth: 1234, health: 77 }]);
    expect(await games.loadSlot('player1', 1, ada)).toMatchObject({
      turn_count: 42,
      player_stats: { mining_yield: 1.5 },
    });
    expect(await games.migrateOldSave('player1', ada)).toBe(false);
  });

  it('does not take the place of a save, and stays where it is then', async () => {
    const path = folder();
    await putFile(path, 'player1', oldSave);
    const { games } = gameServer(path);
    await games.createSession('player1', ada);
    await games.saveSlot('player1', 1, ada);
    await expect(games.migrateOldSave('player1', ada)).rejects.toMatchObject({ code: 'CONFLICT', path: 'slot' });
    expect(await readdir(path)).toEqual(['session_player1.json']);
  });
});
