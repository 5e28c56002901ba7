import { createHash } from 'node:crypto';
import { vi } from 'vitest';

/**
 * Works with all that is held which would make two runs of one schedule differ: time begins anew and goes on when it is
 * told to, chance says always the same, and a digest is there at once instead of coming from a thread.
 */
export async function inHeldTime<R>(work: () => Promise<R>): Promise<R> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1_700_000_000_000 });
  const chance = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const digest = vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_algorithm, data) => {
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer) : new Uint8Array(data);
    return Uint8Array.from(createHash('sha256').update(bytes).digest()).buffer;
  });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
    chance.mockRestore();
    digest.mockRestore();
  }
}

/** Lets time go on, and everything that waited for it begin. */
export function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

/** Resolves when nothing goes on by itself any more. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
