import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sectionsOf, type Step } from './guide.ts';
import { promisedBy } from './packed.ts';
import { Reader } from './reader.ts';

const [packing, ...sections] = sectionsOf('docs/getting-started.md');

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.atFreePort();
});
afterAll(() => reader.remove());

it('the page has its reader pack as it was done here', () => {
  expect(packing?.steps).toMatchObject([{ kind: 'commands', text: 'npx -y pnpm@10 tarballs\n', goesOn: false }]);
});

describe.each(sections)('$heading', ({ steps }) => {
  it.each(steps)('$title', async (step) => {
    await reader.do(step);
    expect(missingIn(reader.printed, promisedOf(step, steps))).toBe('');
    for (const path of routesOf(step)) expect(await turnStatuses(`${reader.url}${path}`)).toEqual([200, 204]);
  });
});

/** What is to be seen after a step: what the page shows, or what a program that was run says of its own lines. */
function promisedOf(step: Step, steps: readonly Step[]): readonly string[] {
  if (step.kind === 'output') return step.lines;
  if (step.kind === 'file') return [];
  const program = steps.find((file) => file.kind === 'file' && step.text.trim() === `node ${file.path}`);
  return program?.kind === 'file' ? promisedBy(program.text) : [];
}

/** The first of some lines that does not come behind those before it, with what came instead. `…` is anything in a line. */
function missingIn(printed: string, lines: readonly string[]): string {
  let rest = printed.split('\n');
  for (const line of lines) {
    const parts = line.split('…').map((part) => RegExp.escape(part));
    const found = rest.findIndex((candidate) => new RegExp(`^${parts.join('.*')}$`).test(candidate));
    if (found === -1) return `${line}\nis not in\n${rest.join('\n')}`;
    rest = rest.slice(found + 1);
  }
  return '';
}

/** What is served by the page's servers, all alike, once such a step is done. */
function routesOf(step: Step): string[] {
  return step.kind === 'commands' && step.goesOn ? ['/api/chat/finance'] : [];
}

/** Whether there is a turn to follow when the first word of an answer has come, and when the last has. */
async function turnStatuses(url: string): Promise<number[]> {
  const headers = { 'content-type': 'application/json', 'x-user': 'ada' };
  const message = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'ACME' }] };
  const body = JSON.stringify({ id: 'streamed', create: true, message });
  const response = await fetch(url, { method: 'POST', headers, body });
  const statusOf = async () => {
    const found = await fetch(`${url}?id=streamed`, { headers });
    await found.body?.cancel();
    return found.status;
  };

  let said = '';
  const decoder = new TextDecoder();
  const statuses: number[] = [];
  for await (const chunk of response.body ?? []) {
    said += decoder.decode(chunk, { stream: true });
    if (statuses.length === 0 && said.includes('"text-delta"')) statuses.push(await statusOf());
  }
  return said.includes('data: [DONE]') ? [...statuses, await statusOf()] : statuses;
}
