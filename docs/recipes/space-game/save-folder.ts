import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isStateroomError, StateroomError } from '@stateroom/core';
import { isOldSave, parseJson, parseSaved, type SavedSession } from './save-format.ts';

/** The saves on disk, one file for each session: `session_{id}.json`, JSON in UTF-8. */
export class SaveFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Whole or not at all: a crash leaves the file of before. A file of another game, or one that cannot be read, is kept
   * beside it as `.bak`. INVALID_STATE for what could not be read again.
   */
  async write(saved: SavedSession): Promise<void> {
    const text = JSON.stringify(saved);
    parseSaved(text);
    await mkdir(this.#path, { recursive: true });
    const path = this.#pathOf(saved.session_id);
    const draft = join(this.#path, `${randomUUID()}.draft`);
    await writeFile(draft, text, 'utf8');
    const before = await this.#readText(path);
    if (before !== null && gameIn(before) !== saved.game_id) await rename(path, `${path}.bak`);
    await rename(draft, path);
  }

  /** Null where there is none; INVALID_STATE, with the path, for one that cannot be read, which stays as it is. */
  async read(sessionId: string): Promise<SavedSession | null> {
    const text = await this.#readText(this.#pathOf(sessionId));
    if (text === null) return null;
    const saved = parseSaved(text);
    if (saved.session_id === sessionId) return saved;
    throw new StateroomError('INVALID_STATE', 'save.session_id is that of another session', {
      path: 'save.session_id',
    });
  }

  /** The text of a save of before; null where there is none, or one of today. */
  async readOld(sessionId: string): Promise<string | null> {
    const text = await this.#readText(this.#pathOf(sessionId));
    return text !== null && isOldSave(parseJson(text)) ? text : null;
  }

  /** Out of the way, as `.bak`. */
  async putAside(sessionId: string): Promise<void> {
    const path = this.#pathOf(sessionId);
    await rename(path, `${path}.bak`);
  }

  /** No id leads out of the folder, and no two to the same file, also where case does not count. */
  #pathOf(sessionId: string): string {
    const escaped = sessionId.replaceAll(/[^a-z0-9_-]/gu, (letter) => `%${Buffer.from(letter).toString('hex')}`);
    const name = escaped.length <= 180 ? escaped : `%${createHash('sha256').update(sessionId).digest('hex')}`;
    return join(this.#path, `session_${name}.json`);
  }

  async #readText(path: string): Promise<string | null> {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** The id of the game in a save; null in what cannot be read. */
function gameIn(text: string): string | null {
  try {
    return parseSaved(text).game_id;
  } catch (error) {
    if (isStateroomError(error)) return null;
    throw error;
  }
}
