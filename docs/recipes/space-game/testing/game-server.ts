import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock } from '@stateroom/core/testing';
import { GameSessions, type GameSessionsOptions } from '../game-sessions.ts';
import { SaveFolder } from '../save-folder.ts';

export const ada = { owner: 'ada' };
export const mallory = { owner: 'mallory' };

/** Games in memory, whose clock is moved by hand, and whose saves go into a folder. */
export function gameServer(path: string, options: Partial<GameSessionsOptions> = {}) {
  const clock = manualClock();
  const storage = memoryStorage({ clock: clock.now });
  const games = new GameSessions({ storage, folder: new SaveFolder(path), clock: clock.now, ...options });
  return { clock, storage, games };
}

export const pathIn = (folder: string, sessionId: string) => join(folder, `session_${sessionId}.json`);

export async function savedIn(folder: string, sessionId: string) {
  const saved: { readonly player_stats: { readonly wealth: number } } & Record<string, unknown> = JSON.parse(
    await readFile(pathIn(folder, sessionId), 'utf8'),
  );
  return saved;
}

/** From now on, no save of this session succeeds. */
export async function block(folder: string, sessionId: string): Promise<void> {
  await mkdir(pathIn(folder, sessionId), { recursive: true });
}

export async function putFile(folder: string, sessionId: string, content: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(pathIn(folder, sessionId), text);
}
