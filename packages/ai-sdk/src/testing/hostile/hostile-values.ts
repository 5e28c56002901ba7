import fc from 'fast-check';

/** Ids, words and whatever else stands where a text is expected. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', ' ', '__proto__', 'constructor', 'toString', 'null', 'undefined', '[object Object]', '-1', '1e3'),
  fc.constantFrom('..', '.', '/', '../../etc/passwd', '%2e%2e%2f', '%2f', '%', '%zz', '%ff', '\\', 'a/b', 'events'),
  fc.constantFrom('\0', 'a\0b', '\u007f', '\u0085', '\r\nset-cookie: a=b', '\u2028', '\ufeff', '\u202e', '\ufffd'),
  fc.constantFrom(
    '\ud800',
    'a\udfffb',
    '\udc00\ud800',
    '🛳️',
    '👩‍👩‍👧‍👦',
    'é',
    'e\u0301',
    'İ',
    '道'.repeat(128),
    '🛳'.repeat(129),
  ),
  fc.constantFrom('{', '}', '{}', ':', '*', '?', '#', '#1', 'a#1', 'a#1~2', 'a#1~2#3', 'a#9007199254740993', 'a#-1'),
  fc.constantFrom('"', "'; DROP TABLE", '<script>', 'data: {"type":"finish"}\n\n', '[0,""]', '[1e999,"a"]', '[]'),
  fc.constantFrom('x'.repeat(128), 'x'.repeat(129), 'x'.repeat(256), 'x'.repeat(257), 'x'.repeat(5000)),
  fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);

/** JSON that no library writes, or not readily, by the names that stand for it in a value. */
const rawJson: Readonly<Record<string, string>> = {
  '@@deep-array': '['.repeat(20_000) + ']'.repeat(20_000),
  '@@deep-object': '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000),
  '@@wide-array': `[${'0,'.repeat(20_000)}0]`,
  '@@wide-object': `{${Array.from({ length: 3000 }, (_, index) => `"key-${index}":0`).join(',')}}`,
  '@@long': `"${'long '.repeat(8000)}"`,
  '@@longest': `"${'x'.repeat(5 * 1024 * 1024)}"`,
  '@@half': '"\\ud800"',
  '@@zero': '"a\\u0000b"',
  '@@proto': '{"__proto__":{"role":"admin","approved":true},"constructor":{"prototype":{"id":"x"}}}',
  '@@twice': '{"id":"a","id":{"b":1},"type":"text","type":"file","text":1,"text":"b","role":"system","role":"user"}',
  '@@infinite': '1e999',
  '@@precise': '12345678901234567890',
  '@@minus-zero': '-0',
};
const heavy = '@@longest';

const rawName = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...Object.keys(rawJson).filter((name) => name !== heavy)) },
  { weight: 1, arbitrary: fc.constant(heavy) },
);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(null, true, false, 0, -1, 1.5, 2 ** 53, [], {}, [[]], [null], '') },
  { weight: 4, arbitrary: hostileText },
  { weight: 4, arbitrary: rawName },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }) },
);

/** As JSON text, with what the names stand for. */
export function renderJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replaceAll(/"(@@[a-z-]+)"/g, (whole, name: string) => rawJson[name] ?? whole);
}
