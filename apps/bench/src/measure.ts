export type Rate = { readonly perSecond: number; readonly p99Ms: number };

/** Runs `work` again and again for about `ms`, by so many workers at once. */
export async function measure(
  work: (round: number) => unknown,
  { ms = 2000, workers = 1 }: { ms?: number; workers?: number } = {},
): Promise<Rate> {
  const durations: number[] = [];
  const startedAt = performance.now();
  let round = 0;
  const worker = async () => {
    for (let now = startedAt; now - startedAt < ms;) {
      await work(round++);
      const end = performance.now();
      durations.push(end - now);
      now = end;
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  durations.sort((a, b) => a - b);
  return { perSecond: durations.length / seconds, p99Ms: durations[Math.floor(durations.length * 0.99)] ?? 0 };
}

/** The better of several alternating runs of each: what else the machine does falls on all alike. */
export async function compare(
  works: Readonly<Record<string, (round: number) => unknown>>,
  runs = 3,
): Promise<Map<string, Rate>> {
  const best = new Map<string, Rate>();
  for (let run = 0; run < runs; run++) {
    for (const [name, work] of Object.entries(works)) {
      const rate = await measure(work, { ms: 1000 });
      if (rate.perSecond > (best.get(name)?.perSecond ?? 0)) best.set(name, rate);
    }
  }
  return best;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printRates(rates: ReadonlyMap<string, Rate>): void {
  for (const [name, { perSecond, p99Ms }] of rates) {
    print(
      `  ${name.padEnd(34)} ${Math.round(perSecond).toLocaleString('en').padStart(9)}/s   p99 ${p99Ms.toFixed(3)} ms`,
    );
  }
}

export function ratio(rates: ReadonlyMap<string, Rate>, ours: string, theirs: string): string {
  return ((rates.get(ours)?.perSecond ?? 0) / (rates.get(theirs)?.perSecond ?? 1)).toFixed(2);
}

/** The value that so much of all is not above: 0.5 for the median. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function percentiles(ms: readonly number[]): string {
  return `p50 ${percentile(ms, 0.5).toFixed(1)} ms, p99 ${percentile(ms, 0.99).toFixed(1)} ms`;
}
