import type { GuestCookie } from '@stateroom/ai-sdk/guest';

const guestsKey = Symbol.for('stateroom.chat.guests');
/** The proxy, the pages and the route are bundles of their own, in one process. */
const holder: typeof globalThis & { [guestsKey]?: GuestCookie } = globalThis;

/** Told once, when the app starts. */
export function setGuests(guests: GuestCookie): void {
  holder[guestsKey] = guests;
}

/** Whose sessions a browser may open, by its cookie. */
export function getGuests(): GuestCookie {
  const guests = holder[guestsKey];
  if (guests === undefined) throw new Error('the guests are asked for before the services were started');
  return guests;
}

/** The owner who asks, by the cookie of the request alone; null when it brings none of ours. */
export async function identifyGuest(request: { readonly headers: Pick<Headers, 'get'> }): Promise<string | null> {
  return getGuests().identify(request);
}
