import { StateroomError } from '@stateroom/core';
import { z } from 'zod';

export const Item = z.enum(['ore', 'scrap', 'fuel_cell', 'shield_capsule', 'data_core']);
export type Item = z.infer<typeof Item>;

export const Stack = z.strictObject({ item: Item, quantity: z.int().min(1) });
export type Stack = z.infer<typeof Stack>;

type ItemKind = { readonly weight: number; readonly stackLimit: number; readonly price: number };

/** What is carried on a quest weighs something, and takes no room. */
export const items: Readonly<Record<Item, ItemKind & { readonly isQuestItem?: true }>> = {
  ore: { weight: 2, stackLimit: 40, price: 12 },
  scrap: { weight: 3, stackLimit: 20, price: 20 },
  fuel_cell: { weight: 4, stackLimit: 10, price: 30 },
  shield_capsule: { weight: 5, stackLimit: 5, price: 80 },
  data_core: { weight: 10, stackLimit: 1, price: 0, isQuestItem: true },
};

/** The room that an inventory takes, by weight. */
export function usedCargo(inventory: readonly Stack[]): number {
  return inventory.reduce((sum, { item, quantity }) => sum + roomOf(item) * quantity, 0);
}

function quantityOf(inventory: readonly Stack[], item: Item): number {
  return inventory.find((stack) => stack.item === item)?.quantity ?? 0;
}

/** How many more of an item there is room for. */
export function roomFor(inventory: readonly Stack[], item: Item, capacity: number): number {
  const room = roomOf(item);
  const byWeight = room === 0 ? Infinity : Math.floor((capacity - usedCargo(inventory)) / room);
  return Math.max(0, Math.min(byWeight, items[item].stackLimit - quantityOf(inventory, item)));
}

/** With so many more. LIMIT where the hold, or the stack, has no room for them. */
export function loaded(inventory: readonly Stack[], more: Stack, capacity: number): Stack[] {
  const room = roomFor(inventory, more.item, capacity);
  if (more.quantity > room) {
    const message = `there is room for ${room} ${more.item}, not for ${more.quantity}; sell or jettison something`;
    throw new StateroomError('LIMIT', message, { path: 'player_stats.inventory' });
  }
  return withQuantity(inventory, { ...more, quantity: quantityOf(inventory, more.item) + more.quantity });
}

/** Without so many. INVALID where there are not as many. */
export function unloaded(inventory: readonly Stack[], { item, quantity }: Stack): Stack[] {
  const left = quantityOf(inventory, item) - quantity;
  if (left < 0) {
    throw new StateroomError('INVALID', `there are not ${quantity} ${item} on board`, { path: 'action.quantity' });
  }
  return withQuantity(inventory, { item, quantity: left });
}

function withQuantity(inventory: readonly Stack[], stack: Stack): Stack[] {
  const others = inventory.filter(({ item }) => item !== stack.item);
  return stack.quantity === 0 ? others : [...others, stack];
}

function roomOf(item: Item): number {
  const { weight, isQuestItem } = items[item];
  return isQuestItem ? 0 : weight;
}
