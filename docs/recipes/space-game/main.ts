/** A game from its first turn to its end, with all that the server does around it. */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStateroomError } from '@stateroom/core';
import { storageFromEnv } from '@stateroom/core/from-env';
import { startingStats } from './game.ts';
import { GameSessions } from './game-sessions.ts';
import { SaveFolder } from './save-folder.ts';
import { viewGame } from './viewers.ts';

const path = process.env['SAVE_DIR_PATH'] ?? (await mkdtemp(join(tmpdir(), 'space-game-')));
const saveSlots = Number(process.env['MAX_SAVE_SLOTS'] ?? 5);

await using storage = await storageFromEnv({ STATEROOM_STORAGE: 'memory', ...process.env });
await using games = new GameSessions({
  storage,
  folder: new SaveFolder(path),
  saveSlots,
  starting: startingStats(process.env),
});
games.start();

const ada = { owner: 'ada' };
const game = 'player1';
const show = (title: string, value: unknown) => console.log(`${title}:`, JSON.stringify(value));
const refusal = (error: unknown) => (isStateroomError(error) ? error.code : error);

const { view } = await games.createSession(game, ada, { forceNew: true });
show('begins at', view.location?.node.kind);
show('another player sees', await games.getSession(game, { owner: 'mallory' }));

// Two viewers of one game: each sees what anybody does.
const viewers = await Promise.all([viewGame(games, game, ada), viewGame(games, game, ada)]);
const readers = viewers.map((response) => response.body?.pipeThrough(new TextDecoderStream()).getReader());
const seen = async () => Promise.all(readers.map(async (reader) => (await reader?.read())?.value?.split('\n')[0]));
show('the viewers see', await seen());

await games.act(game, { type: 'buy', item: 'shield_capsule', quantity: 1 }, ada);
const shielded = await games.act(game, { type: 'use_item', item: 'shield_capsule' }, ada);
show('hull with the shield', shielded.player_stats.max_hp);
show('the viewers see', await seen());

const [link] = shielded.location?.node.links ?? [];
const arrived = await games.act(game, { type: 'navigate', node_id: link?.to }, ada);
show('after a turn', { turn: arrived.turn_count, shield: arrived.effects[0]?.turnsLeft, auto: arrived.slots.length });
show('what cannot be done', await games.act(game, { type: 'repair' }, ada).catch(refusal));
show('what is no action', await games.act(game, { type: 'cheat' }, ada).catch(refusal));

show('saved in slot 1', (await games.saveSlot(game, 1, ada))?.turn_count);
await games.createSession(game, ada, { forceNew: true });
show('a new game', (await games.getSession(game, ada))?.view.turn_count);
show('slot 1 goes on', (await games.loadSlot(game, 1, ada)).turn_count);

show('saved', await games.saveAll());
show('stats', (await games.stats()).sessions[game]);
await games.removeSession(game, ada);
show('loaded from its file', (await games.loadSession(game, ada))?.view.turn_count);
show('files', (await readdir(path)).toSorted());
await games.removeSession(game, ada);
for (const reader of readers) await reader?.cancel();
