/**
 * The sessions of a run. Some are talked in, some are taken back at times, some deleted and made anew. Every now and
 * then all give way to new ones, so that none grows without end.
 */
export const roomKinds = ['talk', 'talk', 'rewind', 'delete'] as const;
export type RoomKind = (typeof roomKinds)[number];

const eraMs = 8000;

export function roomName(place: number, startedAt: number, now = Date.now()): string {
  return `${roomKinds[place % roomKinds.length] ?? 'talk'}-${place}-${Math.floor((now - startedAt) / eraMs)}`;
}

export function roomKindOf(name: string): RoomKind {
  return roomKinds.find((kind) => name.startsWith(kind)) ?? 'talk';
}
