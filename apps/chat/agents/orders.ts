import { ToolRefusal } from '@stateroom/ai-sdk';

export type Order = {
  readonly order: string;
  readonly item: string;
  readonly priceEuros: number;
  readonly status: 'preparing' | 'on its way' | 'delivered';
  /** Days since it was delivered, null while it was not. */
  readonly deliveredDaysAgo: number | null;
  readonly inStock: number;
};

/** The same five for every guest of this demonstration; a shop asks for the guest's own. */
const orders: readonly Order[] = [
  {
    order: 'SR-1042',
    item: 'Brass cabin lamp',
    priceEuros: 89,
    status: 'delivered',
    deliveredDaysAgo: 6,
    inStock: 4,
  },
  {
    order: 'SR-1057',
    item: 'Wool deck blanket',
    priceEuros: 64,
    status: 'on its way',
    deliveredDaysAgo: null,
    inStock: 12,
  },
  {
    order: 'SR-1061',
    item: 'Pocket sextant',
    priceEuros: 240,
    status: 'delivered',
    deliveredDaysAgo: 47,
    inStock: 2,
  },
  {
    order: 'SR-1078',
    item: 'Porthole mirror',
    priceEuros: 130,
    status: 'delivered',
    deliveredDaysAgo: 12,
    inStock: 0,
  },
  {
    order: 'SR-1083',
    item: 'Chart of the North Sea',
    priceEuros: 35,
    status: 'preparing',
    deliveredDaysAgo: null,
    inStock: 30,
  },
];

const orderNumbers: readonly string[] = orders.map(({ order }) => order);

/** The order whose number stands in the words, with or without its letters; throws when there is none. */
export function orderIn(words: string): Order {
  const digits = /\d{4,}/.exec(words)?.[0];
  const found = orders.find(({ order }) => digits !== undefined && order === `SR-${digits}`);
  if (found !== undefined) return found;
  if (digits === undefined) throw new ToolRefusal(`An order number is missing. It looks like ${orderNumbers[0]}.`);
  throw new ToolRefusal(`There is no order SR-${digits}. The orders here are ${orderNumbers.join(', ')}.`);
}
