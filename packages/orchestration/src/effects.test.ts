import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addEffect, advanceEffects, Effect, effectsOf, removeEffect, type WithEffects } from './effects.ts';
import { toClientView } from './orchestration-state.ts';
import { initialOrchestrationState } from './rules.ts';

const none: WithEffects = { effects: [] };
const anEffect = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  kind: fc.constantFrom('boost', 'tool', 'cooldown', 'instructions'),
  value: fc.string({ minLength: 1 }),
  turnsLeft: fc.integer({ min: 1, max: 5 }),
});
/** An effect that comes, one that goes before its time, or the end of a turn. */
const anEvent = fc.oneof(
  anEffect.map((effect) => ({ type: 'add', effect }) as const),
  fc.constantFrom('a', 'b', 'c').map((id) => ({ type: 'remove', id }) as const),
  fc.constant({ type: 'advance' } as const),
);

describe('effects', () => {
  it('are there until as many turns have ended as they were given, whatever else comes and goes', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 40 }), (events) => {
        let [state, turn] = [none, 0];
        // When each is to be gone, by the number of turns that have ended.
        const endsAt = new Map<string, number>();
        const seen: unknown[] = [];
        const expected: unknown[] = [];
        const forget = (id: string) => endsAt.delete(id);
        for (const event of events) {
          if (event.type === 'add') {
            state = addEffect(state, event.effect);
            endsAt.set(event.effect.id, turn + event.effect.turnsLeft);
          }
          if (event.type === 'remove') {
            state = removeEffect(state, event.id);
            forget(event.id);
          }
          if (event.type === 'advance') {
            turn += 1;
            const advanced = advanceEffects(state);
            const due = [...endsAt.keys()].filter((id) => endsAt.get(id) === turn).toSorted();
            seen.push(advanced.expired.map(({ id }) => id).toSorted());
            expected.push(due);
            due.forEach(forget);
            ({ state } = advanced);
          }
          const valid = state.effects.map((effect) => Effect.parse(effect));
          seen.push(Object.fromEntries(valid.map(({ id, turnsLeft }) => [id, turnsLeft + turn])));
          expected.push(Object.fromEntries(endsAt));
        }
        expect(seen).toEqual(expected);
      }),
    );
  });

  it('change nothing of the state that they are made of', () => {
    const effect = { id: 'a', kind: 'boost', value: 1, turnsLeft: 1 };
    const state = Object.freeze({ gold: 7, effects: Object.freeze([Object.freeze(effect)]) });
    expect(addEffect(state, { ...effect, id: 'b' })).toEqual({ gold: 7, effects: [effect, { ...effect, id: 'b' }] });
    expect(advanceEffects(state)).toEqual({ state: { gold: 7, effects: [] }, expired: [effect] });
    expect(removeEffect(state, 'a')).toEqual({ gold: 7, effects: [] });
    expect(state).toEqual({ gold: 7, effects: [effect] });
  });

  it('of one id are one, the newest; those of a kind come in the order they were added', () => {
    const effect = (id: string, value: number) => ({ id, kind: id === 'x' ? 'other' : 'boost', value, turnsLeft: 3 });
    const state = [effect('a', 1), effect('x', 0), effect('b', 2), effect('a', 3)].reduce(addEffect, none);
    expect(effectsOf(state, 'boost').map(({ value }) => value)).toEqual([2, 3]);
    expect(effectsOf(state, 'none')).toEqual([]);
  });

  it.each<readonly [string, object]>([
    ['effect.id', { id: '' }],
    ['effect.kind', { kind: '' }],
    ['effect.turnsLeft', { turnsLeft: 0 }],
    ['effect.turnsLeft', { turnsLeft: 1.5 }],
    ['effect.value', { value: undefined }],
    ['effect.value', { value: new Date(0) }],
    ['effect.value', { kind: 'tool', value: 7 }],
    ['effect.value', { kind: 'cooldown', value: '' }],
    ['effect.value', { kind: 'instructions', value: ['a'] }],
  ])('are refused with the path %s', (path, fault) => {
    const wrong = { id: 'a', kind: 'boost', value: 1, turnsLeft: 1, ...fault };
    expect(() => addEffect(none, wrong)).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });

  it('are a hundred at most, of which one may take the place of its like', () => {
    const effect = (id: number) => ({ id: String(id), kind: 'mine', value: id, turnsLeft: 1 });
    const full = { effects: Array.from({ length: 100 }, (_, id) => effect(id)) };
    expect(() => addEffect(full, effect(100))).toThrow(expect.objectContaining({ code: 'LIMIT', path: 'effects' }));
    expect(addEffect(full, effect(7)).effects).toHaveLength(100);
  });

  it('show a client what they are and how long they last, and of their values the names of tools alone', () => {
    const effects = [
      { id: 'grant', kind: 'tool', value: 'dig', turnsLeft: 2 },
      { id: 'rest', kind: 'cooldown', value: 'look', turnsLeft: 1 },
      { id: 'tone', kind: 'instructions', value: 'the secret way', turnsLeft: 3 },
      { id: 'boost', kind: 'boost', value: { hull: 50 }, turnsLeft: 5 },
    ];
    const view = toClientView({ ...initialOrchestrationState(null, 's'), effects });
    expect(view.effects).toEqual([
      { id: 'grant', kind: 'tool', value: 'dig', turnsLeft: 2 },
      { id: 'rest', kind: 'cooldown', value: 'look', turnsLeft: 1 },
      { id: 'tone', kind: 'instructions', turnsLeft: 3 },
      { id: 'boost', kind: 'boost', turnsLeft: 5 },
    ]);
    expect(JSON.stringify(view)).not.toContain('secret');
  });
});
