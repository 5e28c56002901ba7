import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';

/** What a scripted model sees when it is asked. */
export type ScriptedSituation = {
  /** The user's latest words. */
  readonly userText: string;
  /** How often the user has spoken. */
  readonly userMessages: number;
  readonly offeredTools: readonly { readonly name: string; readonly inputSchema: JsonSchema }[];
  /** All calls of the conversation, oldest first, with their outputs; `isNew` since the user's latest words. */
  readonly toolResults: readonly ScriptedToolResult[];
};

/** As much of JSON Schema as it takes to fill in a tool's input. */
type JsonSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
};

type ScriptedToolResult = { readonly name: string; readonly output: unknown; readonly isNew: boolean };

export type ScriptedReply = {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: unknown }[];
};

export function situationOf({ prompt, tools = [] }: LanguageModelV4CallOptions): ScriptedSituation {
  const lastUser = prompt.findLastIndex(({ role }) => role === 'user');
  const user = prompt[lastUser];
  const words = user?.role === 'user' ? user.content.map((part) => (part.type === 'text' ? part.text : '')) : [];
  return {
    userText: words.join(' '),
    userMessages: prompt.filter(({ role }) => role === 'user').length,
    offeredTools: tools.flatMap((tool) => (tool.type === 'function' ? [tool] : [])),
    toolResults: prompt.flatMap((message, index) => {
      if (message.role !== 'tool') return [];
      return message.content.flatMap((part) => {
        if (part.type !== 'tool-result') return [];
        const output = 'value' in part.output ? part.output.value : (part.output.reason ?? 'It was denied.');
        return [{ name: part.toolName, output, isNew: index > lastUser }];
      });
    }),
  };
}

/**
 * One tool a turn: the one that the user's words name best, else the first that was not used yet; then a few words
 * about what came of it. So a conversation of a few messages walks through a workflow.
 */
export function walkTheTools(situation: ScriptedSituation): ScriptedReply {
  const { offeredTools, toolResults } = situation;
  const latest = toolResults.findLast(({ isNew }) => isNew);
  if (latest !== undefined)
    return {
      text: reportOf(
        latest,
        offeredTools.map(({ name }) => name),
      ),
    };
  const tool = namedTool(situation) ?? offeredTools.find(({ name }) => !toolResults.some((used) => used.name === name));
  if (tool === undefined) {
    const tools = offeredTools.map(({ name }) => readable(name)).join(', ');
    const text = `I have used every tool that I have in this step: ${tools}. Name one of them and I use it again.`;
    return { text: offeredTools.length === 0 ? 'I have no tool in this step.' : text };
  }
  const input = inputFor(tool.inputSchema, situation);
  return { text: `Let me use ${readable(tool.name)}.`, toolCalls: [{ name: tool.name, input }] };
}

function namedTool({ userText, offeredTools }: ScriptedSituation) {
  const words: string[] = userText.toLowerCase().match(/[a-z]+/g) ?? [];
  const namedParts = (name: string) => name.split('_').filter((part) => words.includes(part)).length;
  const most = Math.max(0, ...offeredTools.map(({ name }) => namedParts(name)));
  return most === 0 ? undefined : offeredTools.find(({ name }) => namedParts(name) === most);
}

function reportOf({ name, output }: ScriptedToolResult, offered: readonly string[]): string {
  const shown = typeof output === 'string' ? output : JSON.stringify(output, null, 2);
  const excerpt = shown.length > 400 ? `${shown.slice(0, 400)}…` : shown;
  const tools = offered.map(readable).join(', ');
  const next = offered.length === 0 ? 'No tool is left to me in this step.' : `Next I may use ${tools}.`;
  return `${readable(name)} gave me this:\n\n~~~\n${excerpt}\n~~~\n\n${next}`;
}

function readable(tool: string): string {
  return `**${tool.replaceAll('_', ' ')}**`;
}

/** An input that fits the schema, from earlier results, the user's words, and else the least that is valid. */
function inputFor(schema: JsonSchema, situation: ScriptedSituation): Record<string, unknown> {
  const required = schema.required ?? [];
  const entries = Object.entries(schema.properties ?? {}).flatMap(([name, property]): [string, unknown][] => {
    if (!required.includes(name) || property.default !== undefined) return [];
    const earlier = earlierValue(name, situation);
    return [[name, saidLike(earlier, situation) ?? earlier ?? valueFor(property, situation)]];
  });
  return Object.fromEntries(entries);
}

/** What is longer is no id that somebody would say. */
const maxIdCharacters = 64;

/** What the user has said that differs from a text in its numbers alone: after order A-17, order A-18. */
function saidLike(earlier: unknown, { userText }: ScriptedSituation): string | undefined {
  if (typeof earlier !== 'string' || earlier.length > maxIdCharacters || !/\d/.test(earlier)) return undefined;
  const escaped = earlier.replaceAll(/[^\w\s]/g, String.raw`\$&`).replaceAll(/\d+/g, String.raw`\d+`);
  return new RegExp(String.raw`(?<!\w)${escaped}(?!\w)`, 'i').exec(userText)?.[0];
}

/** A tool that needs a `path` is given the `path` that an earlier tool found. */
function earlierValue(name: string, { toolResults }: ScriptedSituation): unknown {
  for (const { output } of toolResults.toReversed()) {
    const found = findProperty(name, output);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findProperty(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const own = entries.find(([key]) => key === name)?.[1];
  if (own !== undefined) return own;
  for (const [, inner] of entries) {
    const found = findProperty(name, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function valueFor(schema: JsonSchema, { userText }: ScriptedSituation): unknown {
  const choices = schema.enum ?? [];
  if (choices.length > 0)
    return choices.find((choice) => userText.toLowerCase().includes(String(choice))) ?? choices[0];
  const number = Number(userText.match(/\d+/)?.[0] ?? schema.minimum ?? 1);
  if (schema.type === 'number' || schema.type === 'integer') return Math.min(number, schema.maximum ?? number);
  if (schema.type === 'boolean') return true;
  if (schema.type === 'array') return [];
  return schema.type === 'object' ? {} : userText.slice(0, schema.maxLength ?? 200);
}
