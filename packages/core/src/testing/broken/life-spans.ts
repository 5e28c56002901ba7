import type { Change, StorageProvider } from '../../storage/provider.ts';
import { override } from '../../storage/override.ts';
import { type Broken, changing, force } from './broken.ts';

export const brokenLifeSpans: readonly Broken[] = [
  {
    fault: 'counts life in seconds',
    clause: 'a life span is of milliseconds: 500 ms are over after 500 ms, and not before 300',
    of: withTtl((ttlMs) => Math.ceil(ttlMs / 1000) * 1000),
  },
  {
    fault: 'shows the dead in a scan',
    clause: 'what has expired is absent for checks, refusals and scans as well',
    of: scansTheDead,
  },
  {
    fault: 'forgets that lists die',
    clause: 'a list that expired begins anew, without its old items',
    of: (storage) => changing(storage, (change) => [change.type === 'append' ? { ...change, ttlMs: null } : change]),
  },
  {
    fault: 'does not touch',
    clause: 'touch gives a new life span and leaves value and version as they are',
    of: (storage) => changing(storage, (change) => (change.type === 'touch' ? [] : [change])),
  },
  {
    fault: 'revives by touch',
    clause: 'touch revives nothing: neither what expired nor what never was',
    of: revivesByTouch,
  },
  {
    fault: 'takes keep for null',
    clause: "'keep' keeps the life span that is left, and is for ever on a new key",
    of: (storage) =>
      changing(storage, (change) => [
        'ttlMs' in change && change.ttlMs === 'keep' ? { ...change, ttlMs: null } : change,
      ]),
  },
  {
    fault: 'takes null for keep',
    clause: 'null is for ever, and takes the end of life away from what was mortal',
    of: (storage) =>
      changing(storage, (change) => [
        change.type === 'set' && change.ttlMs === null ? { ...change, ttlMs: 'keep' } : change,
      ]),
  },
  {
    fault: 'keeps the old life of what is set',
    clause: 'a number is a new life span, longer or shorter, by set, append and touch alike',
    of: keepsLifeOf('set'),
  },
  {
    fault: 'keeps the old life of what is appended to',
    clause: 'a number is a new life span, longer or shorter, by set, append and touch alike',
    of: keepsLifeOf('append'),
  },
  {
    fault: 'never shortens a life by touch',
    clause: 'a number is a new life span, longer or shorter, by set, append and touch alike',
    of: (storage) => changing(storage, (change) => (change.type === 'touch' && change.ttlMs === 300 ? [] : [change])),
  },
  {
    fault: 'makes immortal what it truncates',
    clause: 'truncate keeps the life span',
    of: (storage) =>
      changing(storage, (change) =>
        change.type === 'truncate' ? [change, { type: 'touch', key: change.key, ttlMs: null }] : [change],
      ),
  },
  {
    fault: 'overflows at 2^31 milliseconds',
    clause: '25 days are neither at once nor for ever',
    of: withTtl((ttlMs) => (ttlMs > 0x7fffffff ? 1 : ttlMs)),
  },
  {
    fault: 'checks against the dead',
    clause: 'a check and a set of the same commit see one moment: what expired is refused, never updated',
    of: checksTheDead,
  },
];

function withTtl(ttl: (ttlMs: number) => number): (storage: StorageProvider) => StorageProvider {
  const changed = (change: Change): Change => {
    if (!('ttlMs' in change) || typeof change.ttlMs !== 'number' || !(change.ttlMs > 0)) return change;
    return { ...change, ttlMs: ttl(change.ttlMs) };
  };
  return (storage) => changing(storage, (change) => [changed(change)]);
}

/** For a key that is there, whose life ought to begin anew. */
function keepsLifeOf(type: 'set' | 'append'): (storage: StorageProvider) => StorageProvider {
  return (storage) => {
    const seen = new Set<string>();
    return changing(storage, (change) => {
      const isThere = seen.has(change.key);
      seen.add(change.key);
      return [isThere && change.type === type ? { ...change, ttlMs: 'keep' } : change];
    });
  };
}

function scansTheDead(storage: StorageProvider): StorageProvider {
  const ever = new Set<string>();
  return override(storage, {
    commit: (transaction) => {
      for (const { key } of transaction.changes) ever.add(key);
      return storage.commit(transaction);
    },
    scan: async () => ({ found: [...ever].map((key) => ({ key, kind: 'entry', ttlMs: null })), cursor: null }),
  });
}

function revivesByTouch(storage: StorageProvider): StorageProvider {
  return override(storage, {
    commit: async (transaction) => {
      for (const change of transaction.changes) {
        if (change.type !== 'touch') continue;
        const set = { type: 'set', key: change.key, value: '', version: 'revived', ttlMs: change.ttlMs } as const;
        await storage.commit({ checks: [{ key: change.key, version: null }], changes: [set] });
      }
      return storage.commit(transaction);
    },
  });
}

function checksTheDead(storage: StorageProvider): StorageProvider {
  const lastVersion = new Map<string, string>();
  return override(storage, {
    commit: async (transaction) => {
      const commit = await storage.commit(transaction);
      const wasRight = transaction.checks.every(
        (check) => 'version' in check && lastVersion.get(check.key) === check.version,
      );
      if (!commit.committed && wasRight) return force(storage, transaction);
      for (const change of transaction.changes) if (change.type === 'set') lastVersion.set(change.key, change.version);
      return commit;
    },
  });
}
