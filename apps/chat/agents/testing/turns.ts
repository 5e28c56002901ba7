import type { Agent } from '@stateroom/ai-sdk';
import type { StorageProvider } from '@stateroom/core';
import { keepUsage, OrchestrationStateManager, TurnManager } from '@stateroom/orchestration';

/** The sessions and turns of an agent, as whoever runs the app may look at them and take them back. */
export function turnsOf({ id, workflow, data }: Agent, storage: StorageProvider) {
  const options = { storage, agentId: id, workflow: workflow ?? undefined, data: data ?? undefined };
  const states = new OrchestrationStateManager(options);
  return { states, turns: new TurnManager({ sessions: states.sessions, restored: keepUsage }) };
}
