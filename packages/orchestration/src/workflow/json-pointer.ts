/** The names on the way of a JSON pointer (RFC 6901), or null when the text is none. */
export function parsePointer(pointer: string): string[] | null {
  if (!/^(\/([^/~]|~[01])*)*$/.test(pointer)) return null;
  const [, ...parts] = pointer.split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What a pointer leads to, undefined where there is nothing. Only what an object or array has of its own is found. */
export function valueAt(value: unknown, pointer: string): unknown {
  return parsePointer(pointer)?.reduce<unknown>(memberOf, value);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([own]) => own === name)?.[1];
}
