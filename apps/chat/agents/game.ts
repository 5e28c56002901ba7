import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defineWorkflow } from '@stateroom/orchestration';
import { type AgentProfile, createAgentProfile } from './agent-profile.ts';
import { type RollDie, rollDie } from './dice.ts';
import { gameTools } from './game-tools.ts';
import { voyage } from './voyage.ts';

const workflow = defineWorkflow({
  steps: [
    {
      name: 'explore',
      description: 'Look around, move and pray, until you walk up to what lives here.',
      isDefault: true,
      when: [{ type: 'any', of: ['rest', 'flee'].map((tool) => ({ type: 'tool_used', tool, withinLast: 1 })) }],
      tools: { allow: ['look', 'move', 'approach', 'pray'] },
      instructions: 'Describe what the tools report. Approach a creature when the player is ready for it.',
    },
    {
      name: 'battle',
      description: 'First the initiative, then blow by blow; whoever has enough may flee.',
      when: [{ type: 'tool_used', tool: 'approach', withinLast: 1 }],
      tools: { allow: ['strike', 'flee', 'roll_initiative'] },
      sequence: ['roll_initiative', 'strike'],
      instructions: 'One blow a message: let the player choose to strike again or to flee. Never make up a throw.',
    },
    {
      name: 'spoils',
      description: 'The creature is beaten. What it guarded is yours.',
      when: [{ type: 'state', at: '/data/foe/hitPoints', equals: 0 }],
      tools: { allow: ['take_prize'] },
      instructions: 'Let the player enjoy it, and take the prize.',
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
      tools: { allow: ['rest', 'brew_antidote'] },
      instructions: 'Let the player breathe. Rest when they want to go on.',
    },
  ],
});

/** A short adventure that goes round: explore, battle, spoils, camp, and out again. `roll` is every die in it. */
export function gameMaster(model: LanguageModelV4, roll: RollDie = rollDie): AgentProfile {
  return createAgentProfile({
    id: 'game',
    title: 'Game master',
    description:
      'Leads you along a haunted shore. The dice are real, blessings and venom wear off, and no prize is taken before its guard is beaten.',
    suggestions: ['Look around the quay.', 'Pray to the sea.', 'Approach whatever lives here.'],
    model,
    instructions:
      'You are the game master of a short sea adventure. Two or three vivid sentences a turn, in the second person. What happens is what the tools report: they know where the player is, what is in the bag, how many hit points are left and what a blessing or venom does to strength and armour.',
    tools: gameTools(roll),
    workflow,
    data: voyage,
  });
}
