import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { sqliteStorage } from '../storage/sqlite.ts';
import { seed } from '../testing/seed.ts';
import { increment, manage } from './test-sessions.ts';

const hostile = fc.oneof(
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '*',
    '?',
    '[a-z]',
    '{',
    '}',
    '{}',
    ':',
    'guard',
    ':guard',
    '%3A',
    '%',
  ),
  fc.constantFrom(
    '\0',
    'a\0b',
    '\u007f',
    '\ud800',
    'a\udfff',
    '\u{1F6F3}\ufe0f',
    'e\u0301',
    '\u00e9',
    '道'.repeat(256),
  ),
  fc.constantFrom(
    'x'.repeat(256),
    'x'.repeat(257),
    'x'.repeat(10_240),
    'owners',
    'census',
    '../../etc/passwd',
    "'; --",
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .array(fc.constantFrom(':', '{', '}', '%', '*', 'a', 'guard', 'log', 'owners'), { maxLength: 5 })
    .map((all) => all.join('')),
);
const metadata = fc.dictionary(hostile, fc.oneof(hostile, fc.jsonValue(), fc.constantFrom(undefined, Number.NaN, 1n)));

/** Refused with a code that says so, or kept apart from all else that was kept. */
const refusals = ['INVALID_ID', 'INVALID', 'INVALID_STATE'];

describe(`names that are made to do harm (SEED=${seed})`, () => {
  it.each<{ name: string; open: () => StorageProvider; numRuns: number }>([
    { name: 'memory', open: memoryStorage, numRuns: 300 },
    { name: 'SQLite', open: () => sqliteStorage({ path: ':memory:' }), numRuns: 60 },
  ])('are refused with a code, or are names like any other, on $name', async ({ open, numRuns }) => {
    const guest = fc.record({ namespace: hostile, sessionId: hostile, owner: hostile, metadata });
    await fc.assert(
      fc.asyncProperty(fc.array(guest, { minLength: 2, maxLength: 8 }), async (guests) => {
        await using storage = open();
        const kept = new Map<string, { owner: string; metadata: unknown; count: number }>();
        for (const each of guests) {
          const name = JSON.stringify([each.namespace, each.sessionId]);
          const outcome = await visit(storage, each);
          const isTaken = kept.has(name);
          if (outcome === 'kept') kept.set(name, { owner: each.owner, metadata: each.metadata, count: 1 });
          expect(isTaken ? [...refusals, 'EXISTS'] : [...refusals, 'kept']).toContain(outcome);
        }
        for (const [name, { owner, metadata: given, count }] of kept) {
          const [namespace, sessionId]: [string, string] = JSON.parse(name);
          const sessions = manage(storage, { namespace });
          const found = await sessions.getSession(sessionId, { owner });
          expect(found).toMatchObject({ success: true, sessionId, owner, data: { count } });
          expect(found.success && found.metadata).toEqual(JSON.parse(JSON.stringify(given)));
          expect((await sessions.listSessions({ owner })).sessions.map((each) => each.sessionId)).toContain(sessionId);
        }
        const own = (namespace: string) => [...kept.keys()].filter((name) => JSON.parse(name)[0] === namespace).length;
        for (const namespace of new Set([...kept.keys()].map((name): string => JSON.parse(name)[0]))) {
          expect((await manage(storage, { namespace }).stats()).sessions).toBe(own(namespace));
        }
      }),
      { numRuns, seed },
    );
  });
});

type Guest = {
  readonly namespace: string;
  readonly sessionId: string;
  readonly owner: string;
  readonly metadata: Record<string, unknown>;
};

async function visit(storage: StorageProvider, { namespace, ...guest }: Guest): Promise<string> {
  try {
    const sessions = manage(storage, { namespace });
    const made = await sessions.createSession(guest);
    if (!made.success) return made.error.code;
    const updated = await sessions.updateSession(guest.sessionId, increment, { owner: guest.owner });
    return updated.success ? 'kept' : updated.error.code;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
