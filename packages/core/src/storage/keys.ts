/**
 * The only place where keys are joined and their parts escaped: `namespace:{id}` and `namespace:{id}:part`.
 *
 * Only what would make two different keys look alike is escaped, so keys stay readable in the engine's own tools. The
 * braces are the hash tag by which a Redis cluster keeps all keys of one session on one node.
 */
export type SessionKeys<ListName extends string> = {
  readonly record: string;
  readonly guard: string;
  readonly lists: ReadonlyMap<ListName, string>;
};

export function sessionKeys<ListName extends string>(
  namespace: string,
  sessionId: string,
  listNames: readonly ListName[],
): SessionKeys<ListName> {
  const record = joined(escapePart(namespace), ':{', escapePart(sessionId), '}');
  return {
    record,
    guard: joined(record, ':guard'),
    lists: new Map(listNames.map((name) => [name, joined(record, ':', escapePart(name))])),
  };
}

/** As one flat string: a template leaves its parts standing behind a key that is kept. */
function joined(...parts: string[]): string {
  return parts.join('');
}

function escapePart(part: string): string {
  return part.replace(/[%:{}]/g, (character) => encodeURIComponent(character));
}
