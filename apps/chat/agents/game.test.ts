import { createChatRoute, loadConversation } from '@stateroom/ai-sdk';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { memoryStorage } from '@stateroom/core/memory';
import { OrchestrationStateManager } from '@stateroom/orchestration';
import { expect, describe, it } from 'vitest';
import { z } from 'zod';
import { rollDie } from './dice.ts';
import { gameMaster } from './game.ts';
import { type Voyage, voyage } from './voyage.ts';

const access = { owner: 'anna' };
const ToolChunk = z.object({ output: z.unknown().optional(), errorText: z.string().optional() });

/** A game whose model calls the one tool it is told to. */
async function game(data: Partial<Voyage> = {}) {
  const storage = memoryStorage();
  let next: { name: string; input: Record<string, unknown> } | null = null;
  const model = scriptedModel({
    reply: () => {
      const toolCalls = next === null ? [] : [next];
      next = null;
      return toolCalls.length === 0 ? { text: 'So it is.' } : { toolCalls };
    },
  });
  const { agent } = gameMaster(model);
  const workflow = agent.workflow ?? undefined;
  const route = createChatRoute({ agents: [agent], storage, identify: () => 'anna' });
  const states = new OrchestrationStateManager({ storage, agentId: 'game', workflow, data: voyage });
  await states.getOrCreateState('s', access);
  await states.updateData('s', (before) => ({ ...before, ...data }), access);
  return {
    states,
    /** What the tool gives, or is refused with, in a turn of its own. */
    play: async (name: string, input: Record<string, unknown> = {}) => {
      next = { name, input };
      const message = { id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text: name }] };
      const body = JSON.stringify({ id: 's', message });
      const text = await (await route.POST(new Request('http://localhost/game', { method: 'POST', body }))).text();
      const events = text.split('\n\n').filter((event) => event.startsWith('data: {"type":"tool-output'));
      const { output, errorText } = ToolChunk.parse(JSON.parse(events[0]?.slice('data: '.length) ?? '{}'));
      return output ?? errorText;
    },
    inBattle: () => states.updateState('s', { activeStep: 'battle', sequenceIndex: 1 }, access),
    stored: () => states.getState('s', access),
    shown: async () => (await loadConversation({ storage, agent, sessionId: 's', ...access }))?.state,
  };
}

describe('the game master', () => {
  it('leads from place to place, says where the ways go, and knows where the player is', async () => {
    const { play, stored, shown } = await game();
    expect(await play('move', { towards: 'east, please' })).toMatchObject({ from: 'quay', place: 'wreck' });
    expect(await play('move', { towards: 'to the reef' })).toMatchObject({ direction: 'north', place: 'reef' });
    expect(await play('look')).toMatchObject({ place: 'reef' });
    expect(await play('move', { towards: 'east' })).toContain('south to the wreck');
    expect((await stored())?.data.place).toBe('reef');
    expect((await shown())?.data).toEqual({ place: 'reef', hitPoints: 20, bag: [] });
  });

  it('puts each prize into the bag once', async () => {
    const { play, states, inBattle, stored } = await game({ place: 'wreck', wounds: 5 });
    await inBattle();
    await states.advanceSequence('s', access);
    expect(await play('take_prize')).toMatchObject({ bag: ['the captain’s compass'] });
    expect(await stored()).toMatchObject({ activeStep: 'camp', data: { bag: ['the captain’s compass'], wounds: 0 } });
    await inBattle();
    await states.advanceSequence('s', access);
    expect(await play('take_prize')).toContain('guards nothing any more');
  });

  it('brings a player without a hit point left to the camp, where a rest makes whole', async () => {
    const { play, states, stored } = await game();
    await play('approach');
    await states.updateData('s', (before) => ({ ...before, hitPoints: 0 }), access);
    expect(await stored()).toMatchObject({ activeStep: 'camp', stepCause: { event: 'changed' } });
    expect(await play('rest')).toMatchObject({ hitPoints: 20 });
    expect(await stored()).toMatchObject({ activeStep: 'explore', data: { hitPoints: 20 } });
  });

  it('gives a boon for the three turns after a rest', async () => {
    const { play, states, inBattle, shown } = await game({ place: 'wreck' });
    await states.setActiveStep('s', 'camp', access);
    await play('rest');
    const boons: unknown[] = [];
    for (let turn = 0; turn < 4; turn++) {
      await inBattle();
      boons.push(z.object({ boon: z.number() }).parse(await play('strike')).boon);
    }
    expect([boons, (await shown())?.effects]).toEqual([[2, 2, 2, 0], []]);
  });

  const Bite = z.object({ first: z.string(), bite: z.number(), hitPoints: z.number() });
  const Blow = z.object({ armour: z.literal(13), attack: z.number(), isHit: z.boolean(), damage: z.number() });

  it('counts bites and blows: one lands when the throw reaches the armour', async () => {
    const { play, states, inBattle, stored, shown } = await game({ place: 'wreck' });
    let wounds = 0;
    for (let round = 0; round < 12; round++) {
      await states.updateData('s', (before) => ({ ...before, hitPoints: 20 }), access);
      await states.updateState('s', { activeStep: 'battle', sequenceIndex: 0 }, access);
      const { first, bite, hitPoints } = Bite.parse(await play('roll_initiative'));
      expect([bite > 0, hitPoints]).toEqual([first !== 'player', 20 - bite]);
      await inBattle();
      const { attack, isHit, damage } = Blow.parse(await play('strike'));
      expect([isHit, damage > 0]).toEqual([attack >= 13, attack >= 13]);
      wounds += damage;
    }
    expect((await stored())?.data.wounds).toBe(wounds);
    expect(JSON.stringify(await shown())).not.toContain('wounds');
  });
});

it('a die is fair', () => {
  const rolls = Array.from({ length: 600 }, () => rollDie(6));
  const counts = [1, 2, 3, 4, 5, 6].map((side) => rolls.filter((roll) => roll === side).length);
  expect(counts.reduce((sum, count) => sum + count)).toBe(600);
  expect(Math.min(...counts)).toBeGreaterThan(40);
});
