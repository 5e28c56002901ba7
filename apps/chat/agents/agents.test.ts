import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { createAgents } from './index.ts';
import { Guest, routeOf } from './testing/guest.ts';

const storage = memoryStorage();
const agents = createAgents({ model: scriptedModel(), docsFolder: `${import.meta.dirname}/../../../docs`, storage });

describe('the agents', () => {
  it('are three, each with a card that shows its workflow', () => {
    expect(agents.map(({ agent }) => agent.id)).toEqual(['research', 'support', 'game']);
    for (const { agent, card } of agents) {
      expect(card.id).toBe(agent.id);
      expect(card.steps.map(({ name }) => name)).toEqual(agent.workflow?.steps.map(({ name }) => name));
      expect(card.defaultStep).toBe(card.steps[0]?.name);
      expect(card.steps.flatMap(({ tools }) => tools)).toEqual(expect.arrayContaining(Object.keys(agent.tools)));
      expect(structuredClone(card)).toEqual(card);
    }
  });

  it.each(agents)('answer each of their suggestions with a tool: $card.title', async ({ agent, card }) => {
    for (const suggestion of card.suggestions) {
      const { status, types, view } = await new Guest(routeOf(agent, storage), { agentId: agent.id }).say(suggestion);
      expect([status, types.at(-1)]).toEqual([200, 'finish']);
      expect([types.includes('tool-output-available'), view?.turnCount]).toEqual([true, 1]);
    }
  });
});
