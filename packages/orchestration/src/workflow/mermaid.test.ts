// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { afterTool, enterStep, initialOrchestrationState } from '../rules.ts';
import { defineWorkflow } from '../workflow.ts';
import { toMermaid } from './mermaid.ts';

/** As much of Mermaid as it takes to read a drawing. */
type Mermaid = {
  readonly parse: (text: string) => Promise<unknown>;
  readonly mermaidAPI: {
    readonly getDiagramFromText: (text: string) => Promise<{
      readonly db: {
        readonly getVertices: () => ReadonlyMap<string, { readonly text: string; readonly classes: string[] }>;
        readonly getEdges: () => readonly { readonly start: string; readonly end: string; readonly text: string }[];
      };
    }>;
  };
};

let mermaid: Mermaid;

beforeAll(() => {
  // It is one script for a browser, which leaves its name in the global scope.
  const script = fileURLToPath(import.meta.resolve('@mermaid-js/tiny'));
  mermaid = runInThisContext(`${readFileSync(script, 'utf8')}; globalThis.mermaid`) as Mermaid;
});

/** What Mermaid reads in a drawing: the steps by their ids, the active ones, and the arrows. */
async function read(drawing: string) {
  // It also makes Mermaid ready to be asked for more.
  await mermaid.parse(drawing);
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(drawing);
  const vertices = [...db.getVertices()].filter(([id]) => id !== 'start');
  return {
    names: vertices.map(([, { text }]) => shown(text)),
    active: vertices.filter(([, { classes }]) => classes.includes('active')).map(([, { text }]) => shown(text)),
    arrows: db.getEdges().map(({ start, end, text }) => [start, end, shown(text)]),
  };
}

/** While it reads, Mermaid keeps a character that was written by its number in a form of its own. */
function shown(text: string): string {
  return text.replaceAll(/ﬂ°°(\d+)¶ß/g, (_match, code) => String.fromCodePoint(Number(code)));
}

const workflow = defineWorkflow({
  steps: [
    { name: 'research', tools: { allow: ['search', 'read_*'] } },
    { name: 'answer', when: [{ type: 'tool_used', tool: 'read_page' }], sequence: ['outline', 'write'] },
    {
      name: 'done',
      when: [
        { type: 'sequence_match', tools: ['outline', 'write'] },
        { type: 'state', at: '/data/words', greaterThan: 100 },
      ],
      to: ['research'],
    },
  ],
});

describe('toMermaid', () => {
  it('draws what leads from step to step, and marks the active one', async () => {
    const state = afterTool(workflow, initialOrchestrationState(workflow, 's'), { tool: 'read_page', ok: true });
    expect(await read(toMermaid(workflow, state))).toEqual({
      names: ['research', 'answer', 'done'],
      active: ['answer'],
      arrows: [
        ['start', 's0', ''],
        ['s0', 's1', 'read_page was used'],
        ['s0', 's2', 'the last tools used were outline, then write and /data/words is more than 100'],
        ['s1', 's2', 'the last tools used were outline, then write and /data/words is more than 100'],
        ['s2', 's1', 'read_page was used'],
        ['s2', 's0', 'the application'],
      ],
    });
    expect((await read(toMermaid(workflow))).active).toEqual([]);
  });

  it('draws no arrow out of a step for a tool that the step does not allow', async () => {
    const used = { type: 'tool_used', tool: 'x' } as const;
    const flow = defineWorkflow({
      steps: [
        { name: 'a', tools: { allow: ['x'] } },
        { name: 'b', when: [used], tools: { deny: ['x'] } },
        { name: 'c', when: [{ type: 'any', of: [used] }], tools: { allow: [] } },
        { name: 'd', when: [{ type: 'sequence_match', tools: ['z', 'x'] }], tools: { allow: [] }, to: ['a'] },
      ],
    });
    const { arrows } = await read(toMermaid(flow));
    expect(arrows.map((arrow) => arrow.join(' ').trim())).toEqual([
      'start s0',
      's0 s1 x was used',
      's0 s2 (x was used)',
      's0 s3 the last tools used were z, then x',
      's3 s0 the application',
    ]);
  });

  it('draws the choices of the model', async () => {
    const flow = defineWorkflow({
      steps: [{ name: 'a' }, { name: 'b', to: ['a'] }, { name: 'c', to: [] }],
      transitions: 'model',
    });
    const { arrows } = await read(toMermaid(flow));
    expect(arrows.map((arrow) => arrow.join(' ').trim())).toEqual([
      'start s0',
      's0 s1 the model',
      's0 s2 the model',
      's1 s0 the model',
    ]);
  });

  /** What means something to Mermaid, or did once. */
  const marks =
    'end " ` #quot; #35; ; --> | ] %% \\ <b> &amp; style:#b; classDef:#1; subgraph %%{init:{}}%% --- 1. { } $$ @ é 船 🚢';
  const hardText = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }),
    fc
      .array(fc.constantFrom(...marks.split(' '), '\n', ' '), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(' ')),
  );

  it('is a drawing that Mermaid reads, with every name as it is, whatever steps and tools are called', async () => {
    const names = fc.uniqueArray(
      hardText.filter((name) => name.length <= 64),
      { minLength: 1, maxLength: 4 },
    );
    const tool = hardText.filter((name) => !name.includes('*'));
    await fc.assert(
      fc.asyncProperty(names, tool, fc.nat(), async ([first = '', ...others], used, active) => {
        const when = [{ type: 'tool_used', tool: used } as const];
        const flow = defineWorkflow({ steps: [{ name: first }, ...others.map((name) => ({ name, when }))] });
        const all = [first, ...others];
        const activeName = all[active % all.length] ?? first;
        const state = enterStep(initialOrchestrationState(flow, 's'), activeName);
        const drawn = await read(toMermaid(flow, state));
        expect([drawn.names, drawn.active]).toEqual([all, [activeName]]);
        expect(new Set(drawn.arrows.slice(1).map(([, , text]) => text))).toEqual(
          new Set(others.length > 0 ? [`${used} was used`] : []),
        );
      }),
      { numRuns: 150 },
    );
  });
});
