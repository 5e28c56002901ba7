/** Of a tool call's input, whatever the order of its keys. */
export async function inputDigest(input: unknown): Promise<string> {
  const text = JSON.stringify(input, (_key, value: unknown) => (isRecord(value) ? inOrder(value) : value));
  // What JSON has no words for is the same as nothing.
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text ?? 'null'));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

function inOrder(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
