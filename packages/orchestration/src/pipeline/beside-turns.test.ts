import { unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { OrchestrationStateManager } from '../orchestration-state-manager.ts';
import { moment } from '../testing/pipelines/desk.ts';
import { started } from '../testing/rooms.ts';
import { TurnManager } from '../turn/turn-manager.ts';
import { PipelineManager } from './pipeline-manager.ts';

const access = { owner: 'guest', agentId: 'agent' };

function both() {
  const { sessions } = new OrchestrationStateManager({ storage: memoryStorage() });
  return { sessions, turns: new TurnManager({ sessions }), pipelines: new PipelineManager({ sessions }) };
}

describe('a pipeline beside a turn', () => {
  it.each([
    ['completed', 2],
    ['rolled back', 1],
  ] as const)(
    'neither waits for it nor hinders it, and its change of the state stays: %s',
    async (ending, turnCount) => {
      const { sessions, turns, pipelines } = both();
      unwrap(await sessions.createSession({ ...access, sessionId: 's' }));
      const turn = started(await turns.begin('s', { ...access, messageId: 'm1', input: ['hello'] }));
      turn.update((state) => ({ ...state, turnCount: state.turnCount + 1 }));
      await turn.step({ messages: ['so far'] });
      const outcome = await pipelines.run('s', {
        ...access,
        name: 'login',
        steps: [
          { name: 'count', run: ({ update }) => update((state) => ({ ...state, turnCount: state.turnCount + 1 })) },
        ],
      });
      expect(outcome.status).toBe('ok');
      if (ending === 'rolled back') turn.request('rolled_back');
      await turn.end({ messages: ['the rest'] });
      const found = unwrap(await sessions.getSession('s'));
      expect(found.data.turnCount).toBe(turnCount);
    },
  );

  it('goes with the session, as all that turns keep', async () => {
    const storage = memoryStorage();
    const { sessions } = new OrchestrationStateManager({ storage });
    const [turns, pipelines] = [new TurnManager({ sessions }), new PipelineManager({ sessions })];
    unwrap(await sessions.createSession({ ...access, sessionId: 's' }));
    await started(await turns.begin('s', { ...access, messageId: 'm1', input: ['hello'] })).end();
    const [begun, goOn] = [moment(), moment()];
    const run = pipelines
      .run('s', { ...access, name: 'login', steps: [{ name: 'one', run: async () => (begun.happens(), goOn.come) }] })
      .catch((error: unknown) => error);
    await begun.come;
    unwrap(await sessions.deleteSession('s'));
    goOn.happens();
    expect(await run).toMatchObject({ code: 'NOT_FOUND' });
    expect((await storage.scan('orchestration-state:{', null, 10)).found).toEqual([]);
  });
});
