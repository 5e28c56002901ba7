import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defineWorkflow } from '@stateroom/orchestration';
import { type AgentProfile, createAgentProfile } from './agent-profile.ts';
import { gameTools } from './game-tools.ts';
import { voyage } from './voyage.ts';

const workflow = defineWorkflow({
  steps: [
    {
      name: 'explore',
      description: 'Look around and move, until you walk up to what lives here.',
      isDefault: true,
      when: [{ type: 'tool_used', tool: 'rest', withinLast: 1 }],
      tools: { allow: ['look', 'move', 'approach'] },
      instructions: 'Describe what the tools report. Approach a creature when the player is ready for it.',
    },
    {
      name: 'battle',
      description: 'First the initiative, then the blow, then the prize.',
      when: [{ type: 'tool_used', tool: 'approach', withinLast: 1 }],
      tools: { allow: ['roll_initiative', 'strike', 'take_prize'] },
      sequence: ['roll_initiative', 'strike', 'take_prize'],
      instructions: 'The dice are the tools’: never make up a throw.',
    },
    {
      name: 'camp',
      description: 'Safe by the fire, with a prize or without a hit point left. A rest leads back outside.',
      when: [
        {
          type: 'any',
          of: [
            { type: 'tool_used', tool: 'take_prize', withinLast: 1 },
            { type: 'state', at: '/data/hitPoints', equals: 0 },
          ],
        },
      ],
      tools: { allow: ['mend', 'rest'] },
      instructions: 'Let the player breathe. Rest when they want to go on.',
    },
  ],
});

/** A short adventure that goes round: explore, battle, camp, and out again. */
export function gameMaster(model: LanguageModelV4): AgentProfile {
  return createAgentProfile({
    id: 'game',
    title: 'Game master',
    description:
      'Leads you along a haunted shore. The dice are real, and no prize is taken before the blow has landed.',
    suggestions: ['Look around the quay.', 'Move east along the shore.', 'Approach whatever lives here.'],
    model,
    instructions:
      'You are the game master of a short sea adventure. Two or three vivid sentences a turn, in the second person. What happens is what the tools report: they know where the player is, what is in the bag and how many hit points are left.',
    tools: gameTools(),
    workflow,
    data: voyage,
  });
}
