import { StateroomError } from '@stateroom/core';
import { z } from 'zod';
import { Game } from './game.ts';
import { locationOf } from './star-map.ts';

/** Of the auto-saved game: nobody but the game itself writes it, and nobody deletes it. */
const autoSlot = 0;

const gameVersion = '2.0';

/** A game as it once was, with what a list of saves shows of it. */
export const Slot = z.strictObject({
  metadata: z.strictObject({
    /** ISO 8601, in UTC. */
    timestamp: z.string(),
    turn_count: z.int(),
    wealth: z.number(),
    health: z.number(),
    location: z.string(),
    game_version: z.string(),
  }),
  game: Game,
});
export type Slot = z.infer<typeof Slot>;

/** A player's session: the game that is played, and the saves, in one record. */
export const GameSession = z.strictObject({ game: Game, slots: z.array(Slot.nullable()).min(2) });
export type GameSession = z.infer<typeof GameSession>;

export type SlotInfo = Slot['metadata'] & { readonly slot: number; readonly is_auto: boolean };

export function slotOf(game: Game, now: number): Slot {
  const { health, wealth } = game.player_stats;
  const location = locationOf(game)?.node.name ?? 'unknown';
  const timestamp = new Date(now).toISOString();
  const { turn_count } = game;
  return { metadata: { timestamp, turn_count, wealth, health, location, game_version: gameVersion }, game };
}

/** Those that are taken. */
export function listSlots({ slots }: GameSession): SlotInfo[] {
  return slots.flatMap((slot, index) => (slot === null ? [] : [infoOf(slot, index)]));
}

/** Null for an empty one. */
export function slotInfo({ slots }: GameSession, index: number): SlotInfo | null {
  const slot = slots[checked(slots, index)] ?? null;
  return slot && infoOf(slot, index);
}

/** With the game in a slot, in place of what was there. INVALID for the auto slot. */
export function saveSlot(session: GameSession, index: number, now: number): GameSession {
  refuseAuto(index, 'is written by the game after each turn; save in another slot');
  return withSlot(session, index, slotOf(session.game, now));
}

export function autoSave(session: GameSession, now: number): GameSession {
  return withSlot(session, autoSlot, slotOf(session.game, now));
}

/** With the game of a slot in place of the one that is played. NOT_FOUND for an empty one. */
export function loadSlot(session: GameSession, index: number): GameSession {
  const slot = session.slots[checked(session.slots, index)] ?? null;
  if (slot === null) throw new StateroomError('NOT_FOUND', `slot ${index} is empty`, { path: 'slot' });
  return { ...session, game: { ...slot.game, messages: ['the saved game goes on'] } };
}

/** INVALID for the auto slot; an empty one stays empty. */
export function deleteSlot(session: GameSession, index: number): GameSession {
  refuseAuto(index, 'is kept by the game');
  return withSlot(session, index, null);
}

/** With the game of an old save in a slot, which has to be empty: CONFLICT otherwise. */
export function importSlot(session: GameSession, index: number, slot: Slot): GameSession {
  if (slotInfo(session, index) === null) return withSlot(session, index, slot);
  throw new StateroomError('CONFLICT', `slot ${index} is taken; delete it, or import into another`, { path: 'slot' });
}

function withSlot(session: GameSession, index: number, slot: Slot | null): GameSession {
  return { ...session, slots: session.slots.with(checked(session.slots, index), slot) };
}

function infoOf({ metadata }: Slot, slot: number): SlotInfo {
  return { ...metadata, slot, is_auto: slot === autoSlot };
}

function refuseAuto(index: number, why: string): void {
  if (index === autoSlot) throw new StateroomError('INVALID', `slot ${autoSlot} ${why}`, { path: 'slot' });
}

function checked(slots: GameSession['slots'], index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < slots.length) return index;
  throw new StateroomError('INVALID', `there are the slots 0 to ${slots.length - 1}`, { path: 'slot' });
}
