import type { Change, StorageProvider } from '../../storage/provider.ts';
import { override } from '../../storage/override.ts';
import { maxTtlMs } from '../../storage/validate.ts';
import { type Broken, changing, force, scanning } from './broken.ts';

const expired = 'what has expired is absent for checks, refusals and scans as well';
const number = 'a number is a new life span, longer or shorter, by set, append and touch alike';
const forEver = 'null is for ever, and takes the end of life away from what was mortal, by set, append and touch alike';
const told = 'a life span is told as it was given, of a minute as of 25 days or ten years, of entries and lists';
const keep = "'keep' inherits nothing from what was deleted or emptied in the same commit, or has expired before";

export const brokenLifeSpans: readonly Broken[] = [
  {
    fault: 'counts life in seconds',
    clause: 'a life span is of milliseconds: 500 ms are over after 500 ms, and not before 300',
    of: withTtl((ttlMs) => Math.ceil(ttlMs / 1000) * 1000),
  },
  {
    fault: 'shows the dead in a scan',
    clause: expired,
    of: scansTheDead,
  },
  {
    fault: 'tells a dead list as one that is',
    clause: expired,
    of: tellsDeadLists,
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
    clause: forEver,
    of: (storage) =>
      changing(storage, (change) => [
        change.type === 'set' && change.ttlMs === null ? { ...change, ttlMs: 'keep' } : change,
      ]),
  },
  {
    fault: 'keeps the old life of what is set',
    clause: number,
    of: keepsLifeOf('set'),
  },
  {
    fault: 'keeps the old life of what is appended to',
    clause: number,
    of: keepsLifeOf('append'),
  },
  {
    fault: 'never shortens a life by touch',
    clause: number,
    of: (storage) => changing(storage, (change) => (change.type === 'touch' && change.ttlMs === 300 ? [] : [change])),
  },
  {
    fault: 'does not touch lists',
    clause: number,
    of: doesNotTouch('list', (ttlMs) => ttlMs !== null),
  },
  {
    fault: 'takes null for keep when it appends',
    clause: forEver,
    of: (storage) =>
      changing(storage, (change) => [
        change.type === 'append' && change.ttlMs === null ? { ...change, ttlMs: 'keep' } : change,
      ]),
  },
  {
    fault: 'makes no entry immortal by touch',
    clause: forEver,
    of: doesNotTouch('entry', (ttlMs) => ttlMs === null),
  },
  {
    fault: 'makes no list immortal by touch',
    clause: forEver,
    of: doesNotTouch('list', (ttlMs) => ttlMs === null),
  },
  {
    fault: 'lets what is set inherit from what was deleted',
    clause: keep,
    of: (storage) =>
      override(storage, {
        commit: ({ changes, ...rest }) => {
          const isSetLater = (key: string, index: number) =>
            changes.slice(index).some((change) => change.type === 'set' && change.key === key);
          const kept = changes.filter(({ type, key }, index) => type !== 'delete' || !isSetLater(key, index));
          return storage.commit({ ...rest, changes: kept });
        },
      }),
  },
  {
    fault: 'lets what is set inherit from the dead',
    clause: keep,
    of: inheritsFromTheDead,
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
    clause: told,
    of: withTtl((ttlMs) => (ttlMs > 0x7fffffff ? 1 : ttlMs)),
  },
  {
    fault: 'lets nothing live for more than 30 days',
    clause: told,
    of: withTtl((ttlMs) => Math.min(ttlMs, 30 * 24 * 60 * 60 * 1000)),
  },
  {
    fault: 'rounds long lives up to seconds',
    clause: told,
    of: withTtl((ttlMs) => (ttlMs > 1000 ? Math.ceil(ttlMs / 1000) * 1000 : ttlMs)),
  },
  {
    fault: 'rounds long lives down to seconds',
    clause: told,
    of: withTtl((ttlMs) => (ttlMs > 1000 ? Math.floor(ttlMs / 1000) * 1000 : ttlMs)),
  },
  {
    fault: 'tells what is left of a life in whole seconds',
    clause: told,
    of: (storage) =>
      scanning(storage, (found) =>
        found.map((scanned) =>
          scanned.ttlMs === null ? scanned : { ...scanned, ttlMs: Math.ceil(scanned.ttlMs / 1000) * 1000 },
        ),
      ),
  },
  {
    fault: 'checks against the dead',
    clause: 'a check and a set of the same commit see one moment: what expired is refused, never updated',
    of: checksTheDead,
  },
];

function withTtl(ttl: (ttlMs: number) => number): (storage: StorageProvider) => StorageProvider {
  const changed = (change: Change): Change => {
    if (!('ttlMs' in change) || typeof change.ttlMs !== 'number') return change;
    // What is none stays invalid.
    if (!(change.ttlMs > 0 && change.ttlMs <= maxTtlMs)) return change;
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

/** Of the keys of one kind, those life spans that are to be ignored. */
function doesNotTouch(kind: 'entry' | 'list', isIgnored: (ttlMs: number | null) => boolean) {
  return (storage: StorageProvider) => {
    const ofKind = new Set<string>();
    return changing(storage, (change) => {
      if (change.type === (kind === 'entry' ? 'set' : 'append')) ofKind.add(change.key);
      return change.type === 'touch' && ofKind.has(change.key) && isIgnored(change.ttlMs) ? [] : [change];
    });
  };
}

function tellsDeadLists(storage: StorageProvider): StorageProvider {
  const lists = new Set<string>();
  return override(storage, {
    commit: async (transaction) => {
      for (const { type, key } of transaction.changes) if (type === 'append') lists.add(key);
      const commit = await storage.commit(transaction);
      const refused = commit.refused.map((refusal) => ('length' in refusal ? { ...refusal, length: 1 } : refusal));
      return commit.refused.some(({ key }) => lists.has(key)) ? { ...commit, refused } : commit;
    },
  });
}

/** What is set where something has expired, and is to keep its life span, is at an end at once. */
function inheritsFromTheDead(storage: StorageProvider): StorageProvider {
  const mortal = new Set<string>();
  return override(storage, {
    commit: async (transaction) => {
      const commit = await storage.commit(transaction);
      for (const { key, ...change } of transaction.changes) {
        if (change.type !== 'set') continue;
        if (typeof change.ttlMs === 'number') mortal.add(key);
        const wasNone = transaction.checks.some((check) => check.key === key && 'version' in check && !check.version);
        if (!wasNone || change.ttlMs !== 'keep' || !mortal.has(key)) continue;
        await storage.commit({ checks: [{ key, version: change.version }], changes: [{ type: 'delete', key }] });
      }
      return commit;
    },
  });
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
