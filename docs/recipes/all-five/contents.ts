import type { StorageProvider } from '@stateroom/core';

/** All that is in a storage, to the letter: of each key its value and version, or its items. */
export type Contents = ReadonlyMap<string, string>;

export async function contentsOf(storage: StorageProvider): Promise<Contents> {
  const contents = new Map<string, string>();
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page = await storage.scan('', cursor, 1000);
    cursor = page.cursor;
    for (const { key, kind } of page.found) {
      const { entries, lists } = await storage.read(kind === 'entry' ? { entries: [key] } : { lists: [{ key }] });
      contents.set(key, JSON.stringify(kind === 'entry' ? entries[0] : lists[0]?.items));
    }
  }
  return contents;
}

/** By name. The namespace of a key is what stands before its first colon. */
export function countByNamespace(contents: Contents): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const key of [...contents.keys()].toSorted()) {
    const [namespace = ''] = key.split(':');
    counts[namespace] = (counts[namespace] ?? 0) + 1;
  }
  return counts;
}

/** The keys that are not in both, or not the same. */
export function differing(one: Contents, other: Contents): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key)).toSorted();
}
