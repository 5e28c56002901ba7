/** One of several processes that record tool calls in one session: `node … <engine> <target> <name> <calls>`. */
import process from 'node:process';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { OrchestrationStateManager } from './orchestration-state-manager.ts';

/** What a call was answered: the log after it, in which each call is told by its process and its number. */
export type Noted = { readonly call: string; readonly counted: number; readonly log: readonly string[] };

const [engine = '', target = '', name = '', calls = ''] = process.argv.slice(2);
const atOnce = 2;

await using storage = engine === 'redis' ? redisStorage({ url: target }) : sqliteStorage({ path: target });
const states = new OrchestrationStateManager({ storage });
const noted: Noted[] = [];

async function record(durationMs: number): Promise<void> {
  const state = await states.addUsedTool('shared', { tool: name, ok: true, durationMs });
  if (state === null) throw new Error('the session is gone');
  const counted = Object.values(state.toolCounts).reduce((sum, count) => sum + count, 0);
  const log = state.toolLog.map((call) => `${call.tool} ${call.durationMs}`);
  noted.push({ call: `${name} ${durationMs}`, counted, log });
}

// Nobody begins before all are there.
await states.getState('shared');
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();

for (let done = 0; done < Number(calls); done += atOnce)
  await Promise.all(Array.from({ length: atOnce }, (_, index) => record(done + index)));
process.stdout.write(JSON.stringify(noted));
