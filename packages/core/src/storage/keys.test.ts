import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeySpace } from './keys.ts';

describe('the keys of a session', () => {
  it('are readable, with the braces that a cluster needs or without', () => {
    const keysOf = (hashTags: boolean) => {
      const { record, guard, lists } = new KeySpace('session', ['messages'], hashTags).session('user 1*🛳');
      return [record, guard, lists.get('messages')];
    };
    expect(keysOf(true)).toEqual(['session:{user 1*🛳}', 'session:{user 1*🛳}:guard', 'session:{user 1*🛳}:messages']);
    expect(keysOf(false)).toEqual(['session:user 1*🛳', 'session:user 1*🛳:guard', 'session:user 1*🛳:messages']);
  });

  it('are never those of another namespace, id or owner, however the parts are made up', () => {
    const part = fc
      .array(fc.constantFrom('a', ':', '{', '}', '%', '3A', ':guard', 'owners', 'census', 'all'), {
        minLength: 1,
        maxLength: 6,
      })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(part, part, part, part, fc.boolean(), (namespace, id, otherNamespace, otherId, hashTags) => {
        fc.pre(namespace !== otherNamespace || id !== otherId);
        const allKeys = (space: KeySpace<'messages'>, name: string) => {
          const { record, guard, lists } = space.session(name);
          const [owner, ledger, census] = [space.owner(name), space.ledger(name), space.census()];
          const ofOwner = [...Object.values(owner), ...Object.values(ledger)];
          return { own: [record, guard, ...lists.values(), ...ofOwner], shared: Object.values(census) };
        };
        const mine = allKeys(new KeySpace(namespace, ['messages'], hashTags), id);
        const others = allKeys(new KeySpace(otherNamespace, ['messages'], hashTags), otherId);
        expect(new Set([...mine.own, ...mine.shared]).size).toBe(mine.own.length + mine.shared.length);
        expect(mine.own.filter((key) => [...others.own, ...others.shared].includes(key))).toEqual([]);
      }),
      { numRuns: 2000, examples: [['a', 'x}:{y', 'a:{x}', 'y', true]] },
    );
  });

  it('tell the id of the session whose record they name, and of no other key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), (id, hashTags) => {
        const space = new KeySpace('a:b', ['messages'], hashTags);
        const { record, guard, lists } = space.session(id);
        expect(space.sessionIdOf(record)).toBe(id);
        expect(record.startsWith(space.prefix)).toBe(true);
        const others = [guard, ...lists.values(), ...Object.values(space.owner(id)), ...Object.values(space.census())];
        expect(others.map((key) => space.sessionIdOf(key))).toEqual(others.map(() => null));
        expect(space.sessionIdOf(record.replace(/.$/u, '%'))).toBeNull();
        expect(new KeySpace('a', ['messages'], hashTags).sessionIdOf(record)).toBeNull();
      }),
    );
  });
});
