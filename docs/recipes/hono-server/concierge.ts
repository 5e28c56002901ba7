import { type Agent, defineAgent } from '@stateroom/ai-sdk';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';

/** The concierge of a ship. Its model is scripted: it needs no network, and takes its time over sixty words. */
export function concierge(wordMs: number): Agent {
  const words = Array.from({ length: 60 }, (_, index) => `word-${index}`).join(' ');
  return defineAgent({
    id: 'concierge',
    model: scriptedModel({ delayMs: wordMs, reply: ({ userText }) => ({ text: `About ${userText}: ${words}` }) }),
    instructions: 'You are the concierge of a ship. Be brief.',
    tools: {},
  });
}
