import type { Line, PlannedStep, Told } from './plan.ts';

type Ran = Extract<Line, { type: 'ran' }>;

/** What of a trial is not as it was promised, by the lines of all its processes in order. */
export function faultsIn(steps: readonly PlannedStep[], lines: readonly Line[]): string[] {
  const ran = lines.filter((line) => line.type === 'ran');
  const overs = lines.filter((line) => line.type === 'over');
  const nexts = lines.filter((line) => line.type === 'next');
  const [over] = overs;
  if (over === undefined) return lines.some(({ type }) => type !== 'dying') ? ['the run has not ended'] : [];
  return [
    ...steps.flatMap((step, index) => stepFaults(index + 1, step, { ran, lines, results: over.results })),
    ...(overs.every((each) => same(each.results, over.results)) ? [] : ['two were told different results']),
    ...endFaults(steps, over),
    ...(nexts.length > 0 ? [] : ['the next run has not run']),
    ...(nexts.every(({ previous }) => same(previous, over.last)) ? [] : ['the next run got something else']),
  ];
}

type Seen = { readonly ran: readonly Ran[]; readonly lines: readonly Line[]; readonly results: readonly Told[] };

function stepFaults(order: number, { isIdempotent, isSkipped }: PlannedStep, { ran, lines, results }: Seen): string[] {
  const own = ran.filter(({ step }) => step === order);
  const result = results.find((each) => each.order === order);
  const later = lines.findIndex((line) => line.type === 'over' || (line.type === 'ran' && line.step > order));
  const isRunAgain = own.some((line) => later >= 0 && lines.indexOf(line) > later);
  const faults: [boolean, string][] = [
    [isRunAgain, `step ${order} was finished, and has run again`],
    [!isIdempotent && own.length > 1, `step ${order} has run ${own.length} times`],
    [new Set(own.map(({ key }) => key)).size > 1, `step ${order} has run under several keys`],
    [isSkipped && own.length > 0, `step ${order} was to be skipped, and has run`],
    [result?.status === 'ok' && result.value !== own.at(-1)?.value, `the result of step ${order} is not what it gave`],
    [result?.status === 'skipped' && !isSkipped, `step ${order} was skipped`],
  ];
  return faults.flatMap(([isSo, fault]) => (isSo ? [fault] : []));
}

function endFaults(
  steps: readonly PlannedStep[],
  { status, results, last }: Extract<Line, { type: 'over' }>,
): string[] {
  const failed = results.at(-1);
  const mayFail = failed?.code === 'UNKNOWN_OUTCOME' && steps[results.length - 1]?.isIdempotent === false;
  const isWhole = status === 'failed' ? mayFail : results.length === steps.length;
  const lastOk = results.findLast((result) => result.status === 'ok') ?? null;
  return [
    ...(isWhole ? [] : [`the run has ended as ${status} after ${results.length} of ${steps.length} steps`]),
    ...(same(last, lastOk) ? [] : ['the last result is another than that of the last step which is ok']),
    ...(results.every(({ order }, index) => order === index + 1) ? [] : ['the results are out of order']),
  ];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
