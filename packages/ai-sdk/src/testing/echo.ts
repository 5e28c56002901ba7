import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { tool } from 'ai';
import { z } from 'zod';
import { type Agent, defineAgent } from '../agent/agent.ts';
import { scriptedModel } from '../scripted-model.ts';
import type { ScriptedReply, ScriptedSituation } from '../scripted-reply.ts';

/** A word in a user's message that has it look its text up by a tool before it answers. */
export const lookUp = 'lookup';

const filler = Array.from({ length: 20 }, (_, index) => `word${index}`).join(' ');

/** What it answers when it was shown these messages of the user. */
export function echoOf(userTexts: readonly string[]): string {
  return `${userTexts.join(' ')}: ${filler}`;
}

/**
 * An agent that says again whatever the user has said in the conversation, in order. So what is mixed up, lost or
 * doubled in what the model is shown is heard in its answer.
 */
export function echo({ delayMs = 0 }: { readonly delayMs?: number } = {}): Agent {
  const look = tool({
    inputSchema: z.object({ text: z.string() }),
    execute: ({ text }) => ({ found: text }),
  });
  return defineAgent({ id: 'echo', model: echoModel(delayMs), instructions: '', tools: { look } });
}

function echoModel(delayMs: number): LanguageModelV4 {
  const speakOf = (prompt: LanguageModelV4CallOptions['prompt']) =>
    scriptedModel({ delayMs, reply: (situation) => replyTo(situation, userTextsIn(prompt)) });
  return { ...scriptedModel(), doStream: async (options) => speakOf(options.prompt).doStream(options) };
}

function replyTo({ userText, toolResults }: ScriptedSituation, userTexts: readonly string[]): ScriptedReply {
  const isToLook = userText.includes(lookUp) && !toolResults.some(({ isNew }) => isNew);
  return isToLook ? { toolCalls: [{ name: 'look', input: { text: userText } }] } : { text: echoOf(userTexts) };
}

function userTextsIn(prompt: LanguageModelV4CallOptions['prompt']): string[] {
  return prompt.flatMap(({ role, content }) =>
    role === 'user' ? [content.map((part) => (part.type === 'text' ? part.text : '')).join(' ')] : [],
  );
}
