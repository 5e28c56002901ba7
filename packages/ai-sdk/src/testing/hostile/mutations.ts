import fc from 'fast-check';
import { hostileText, hostileValue } from './hostile-values.ts';

/** What is done to the JSON of a valid body, at one of its places. */
export type JsonMutation = {
  readonly at: number;
  readonly change: 'replace' | 'delete' | 'add' | 'repeat' | 'wrap';
  readonly key: string;
  readonly value: unknown;
};

export const jsonMutation: fc.Arbitrary<JsonMutation> = fc.record({
  at: fc.nat(1000),
  change: fc.constantFrom('replace', 'replace', 'replace', 'delete', 'add', 'repeat', 'wrap'),
  key: fc.oneof(hostileText, fc.constantFrom('id', 'message', 'messages', 'answers', 'regenerate', 'create', 'turnId')),
  value: hostileValue,
});

type Place = { readonly parent: Record<string, unknown> | unknown[]; readonly key: string };

/** A copy of the value in which one place is otherwise. */
export function mutateJson(body: unknown, { at, change, key, value }: JsonMutation): unknown {
  const root = { body: structuredClone(body) };
  const places = placesIn(root);
  const place = places[at % places.length];
  if (place === undefined) return body;
  const old = valueAt(place);
  if (change === 'replace') put(place, value);
  if (change === 'delete') remove(place);
  if (change === 'wrap') put(place, at % 2 === 0 ? [old] : { [key]: old });
  if (change === 'repeat' && Array.isArray(old)) old.push(...structuredClone(old));
  // An own key, also where it is `__proto__`.
  if (change === 'add' && typeof old === 'object' && old !== null)
    Object.defineProperty(old, key, { value, enumerable: true, configurable: true, writable: true });
  return root.body;
}

function placesIn(parent: Record<string, unknown> | unknown[]): Place[] {
  return Object.keys(parent).flatMap((key): Place[] => {
    const inner = valueAt({ parent, key });
    const isOpen = typeof inner === 'object' && inner !== null;
    return [{ parent, key }, ...(isOpen ? placesIn(inner as Record<string, unknown> | unknown[]) : [])];
  });
}

function valueAt({ parent, key }: Place): unknown {
  return Array.isArray(parent) ? parent[Number(key)] : parent[key];
}

function put({ parent, key }: Place, value: unknown): void {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else parent[key] = value;
}

function remove({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** What is done to the bytes of a body. */
export type ByteMutation = {
  readonly at: number;
  readonly change: 'cut' | 'insert' | 'overwrite' | 'double' | 'mark' | 'empty' | 'swap-quotes';
  readonly bytes: Uint8Array;
};

export const byteMutation: fc.Arbitrary<ByteMutation> = fc.record({
  at: fc.nat(1_000_000),
  change: fc.constantFrom('cut', 'insert', 'insert', 'overwrite', 'double', 'mark', 'empty', 'swap-quotes'),
  bytes: fc.oneof(
    // No UTF-8: a byte that goes on with nothing, an overlong slash, half a surrogate pair, a cut emoji.
    fc
      .constantFrom([0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x9b], [0xff, 0xfe], [0], [0x0b], [0x22])
      .map((list) => Uint8Array.from(list)),
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
  ),
});

export function mutateBytes(
  body: Uint8Array<ArrayBuffer>,
  { at, change, bytes }: ByteMutation,
): Uint8Array<ArrayBuffer> {
  const place = body.length === 0 ? 0 : at % body.length;
  const [head, tail] = [body.subarray(0, place), body.subarray(place)];
  switch (change) {
    case 'cut':
      return head;
    case 'insert':
      return joined(head, bytes, tail);
    case 'overwrite':
      return joined(head, bytes, tail.subarray(bytes.length));
    case 'double':
      return joined(body, body);
    case 'mark':
      return joined(Uint8Array.of(0xef, 0xbb, 0xbf), body);
    case 'empty':
      return new Uint8Array();
    case 'swap-quotes':
      return body.map((byte) => (byte === 0x22 ? 0x27 : byte));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

/** How a body comes: all at once, in pieces, with pauses; some never end, or break off. */
export const bodyPace = fc.oneof(
  { weight: 40, arbitrary: fc.constant('at once' as const) },
  { weight: 4, arbitrary: fc.constantFrom('in pieces' as const, 'slowly' as const) },
  { weight: 2, arbitrary: fc.constantFrom('never ends' as const, 'breaks off' as const) },
);
export type BodyPace = 'at once' | 'in pieces' | 'slowly' | 'never ends' | 'breaks off';

export function bodyStream(
  body: Uint8Array<ArrayBuffer>,
  pace: BodyPace,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  if (pace === 'at once') return body;
  const size = Math.max(1, Math.ceil(body.length / 3));
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (pace === 'slowly') await new Promise((resolve) => setTimeout(resolve, 2));
      if (pace === 'never ends' && sent > size) return new Promise(() => {});
      if (pace === 'breaks off' && sent > size) return controller.error(new Error('the client is gone'));
      if (sent >= body.length) return controller.close();
      controller.enqueue(body.slice(sent, sent + size));
      sent += size;
    },
  });
}
