import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';

const folder = temporaryFolder();

describe('the story of space-game', () => {
  it('is told to its end, and the process ends with it', () => {
    const env = { ...process.env, STATEROOM_STORAGE: 'memory', SAVE_DIR_PATH: folder() };
    const path = join(import.meta.dirname, 'main.ts');
    const output = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 30_000, env });
    expect(output.trim().split('\n')).toEqual([
      'begins at: "station"',
      'another player sees: null',
      'the viewers see: ["event: game_state","event: game_state"]',
      'hull with the shield: 130',
      'the viewers see: ["event: game_state","event: game_state"]',
      'after a turn: {"turn":1,"shield":4,"auto":1}',
      'what cannot be done: "CONFLICT"',
      'what is no action: "INVALID"',
      'saved in slot 1: 1',
      'a new game: 0',
      'slot 1 goes on: 1',
      'saved: {"saved":1,"failed":[]}',
      'stats: {"turn_count":1,"wealth":420,"game_over":false,"victory":false}',
      'loaded from its file: 1',
      'files: ["session_player1.json"]',
    ]);
  });

  it('begins with the numbers of the environment, and refuses what is none', () => {
    const run = (wealth: string) =>
      execFileSync(process.execPath, [join(import.meta.dirname, 'main.ts')], {
        encoding: 'utf8',
        env: { ...process.env, STATEROOM_STORAGE: 'memory', SAVE_DIR_PATH: folder(), STARTING_WEALTH: wealth },
        stdio: 'pipe',
      });
    expect(run('900')).toContain('"wealth":820');
    expect(() => run('lots')).toThrow('STARTING_WEALTH is no number');
  });
});
