import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionKeys } from './keys.ts';

describe('the keys of a session', () => {
  it('are readable', () => {
    const { record, guard, lists } = sessionKeys('session', 'user 1*🛳', ['messages']);
    expect([record, guard, lists.get('messages')]).toEqual([
      'session:{user 1*🛳}',
      'session:{user 1*🛳}:guard',
      'session:{user 1*🛳}:messages',
    ]);
  });

  it('are never those of another namespace or id, however the parts are made up', () => {
    const part = fc
      .array(fc.constantFrom('a', ':', '{', '}', '%', '3A', ':guard'), { minLength: 1, maxLength: 6 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(part, part, part, part, (namespace, id, otherNamespace, otherId) => {
        fc.pre(namespace !== otherNamespace || id !== otherId);
        const keysOf = ({ record, guard, lists }: ReturnType<typeof sessionKeys>) => [record, guard, ...lists.values()];
        const mine = keysOf(sessionKeys(namespace, id, ['messages']));
        const others = keysOf(sessionKeys(otherNamespace, otherId, ['messages']));
        expect(mine.filter((key) => others.includes(key))).toEqual([]);
      }),
      { numRuns: 2000, examples: [['a', 'x}:{y', 'a:{x}', 'y']] },
    );
  });
});
