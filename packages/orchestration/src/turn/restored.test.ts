import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { rooms, started, tell, type Told } from '../testing/rooms.ts';

/** Of a state that is left, what was spent in it stays, whatever else was said. */
const restored = (state: Told, left: Told) => ({
  told: [...state.told, ...left.told.filter((word) => word.startsWith('spent') && !state.told.includes(word))],
});

async function setUp() {
  const room = rooms(memoryStorage(), { restored, leaseMs: 300 });
  await room.create();
  const first = started(await room.begin('m1'));
  first.update(tell('one'));
  first.update(tell('spent 1'));
  await first.end();
  const second = started(await room.begin('m2'));
  second.update(tell('two'));
  second.update(tell('spent 2'));
  await second.step();
  return { room, second };
}

const toldBy = async ({ stored }: { stored: () => Promise<{ told: string[] }> }) => (await stored()).told;

describe('what stays of a state that is gone back from', () => {
  it('stays when a turn is rolled back, also of what it has not stored yet', async () => {
    const { room, second } = await setUp();
    second.update(tell('spent 3'));
    second.request('rolled_back');
    await second.end();
    expect(await toldBy(room)).toEqual(['one', 'spent 1', 'spent 2', 'spent 3']);
  });

  it('stays when a dead turn is rolled back', async () => {
    const { room, second } = await setUp();
    second.abandon();
    await new Promise((resolve) => setTimeout(resolve, 350));
    await started(await room.begin('m3', { overlap: 'rollback' })).end();
    expect(await toldBy(room)).toEqual(['one', 'spent 1', 'spent 2']);
  });

  it('stays when a session is rewound, or a turn takes the place of others', async () => {
    const { room, second } = await setUp();
    await second.end();
    await room.turns.rewind('s', { ...room.access, turnId: 'm1#1' });
    expect(await toldBy(room)).toEqual(['one', 'spent 1', 'spent 2']);
    await started(await room.begin('m3', { replacing: { after: null } })).end();
    expect(await toldBy(room)).toEqual(['spent 1', 'spent 2']);
  });
});
