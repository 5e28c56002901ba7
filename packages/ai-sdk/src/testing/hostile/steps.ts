import fc from 'fast-check';
import { hostileText } from './hostile-values.ts';
import { bodyPace, byteMutation, jsonMutation } from './mutations.ts';

/** Once in so many times. */
function rarely<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const words = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'hello',
      'refund',
      'locate',
      'choose',
      'lookup',
      'refund and locate',
      'lookup and refund',
    ),
  },
  { weight: 1, arbitrary: hostileText },
);

/** What somebody may want of the server, in words of the attack: numbers choose among what the attacker knows by then. */
const wish = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('say' as const), words, create: fc.boolean(), again: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('sdk' as const),
      words,
      history: fc.nat(3),
      trigger: fc.constantFrom(undefined, 'submit-message', 'regenerate-message'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('edit' as const), words, message: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('regenerate' as const), message: fc.option(fc.nat()) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      call: fc.nat(),
      approved: fc.boolean(),
      form: fc.constantFrom('approval', 'output', 'error', 'sdk', 'all'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('follow' as const), turn: fc.option(fc.nat()) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('stop' as const), turn: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('list' as const),
      limit: fc.option(fc.oneof(fc.integer({ min: -1, max: 101 }).map(String), hostileText)),
      cursor: fc.option(
        fc.oneof(
          hostileText,
          fc.tuple(fc.nat(), hostileText).map((pair) => JSON.stringify(pair)),
        ),
      ),
      agent: fc.option(hostileText),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('show' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('rewind' as const),
      turn: fc.option(fc.nat()),
      keepState: fc.option(fc.boolean()),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fork' as const), turn: fc.option(fc.nat()) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('events' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('health' as const) }) },
);

const aim = fc.oneof(
  { weight: 8, arbitrary: fc.record({ at: fc.constant('own' as const), index: fc.nat() }) },
  { weight: 2, arbitrary: fc.constant({ at: 'new' as const }) },
  { weight: 6, arbitrary: fc.record({ at: fc.constant('prey' as const), index: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ at: fc.constant('named' as const), sessionId: hostileText }) },
);

/** A letter that may stand in a header. */
const headerText = hostileText.map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ''));

const header = fc.oneof(
  fc.tuple(
    fc.constant('x-session-id'),
    fc.oneof(headerText, hostileText.filter((text) => text.isWellFormed()).map(encodeURIComponent)),
  ),
  fc.tuple(
    fc.constant('content-length'),
    fc.constantFrom('0', '-1', '1e9', '99999999999999999999', 'NaN', '4, 5', '0x10', ''),
  ),
  fc.tuple(
    fc.constant('cookie'),
    fc.oneof(
      headerText,
      fc.constantFrom(
        'token',
        'token=',
        'token==',
        ';;;',
        'token=token-of-attacker-0; token=token-of-victim-0',
        '__proto__=1',
        `a=${'b'.repeat(8000)}`,
      ),
    ),
  ),
  fc.tuple(
    fc.constantFrom(
      'content-type',
      'accept',
      'content-encoding',
      'origin',
      'x-forwarded-for',
      'last-event-id',
      'range',
      'authorization',
      'transfer-encoding',
      'expect',
      'x-http-method-override',
    ),
    headerText,
  ),
);

const query = fc.oneof(
  fc.constantFrom(
    '&id=',
    '&id=x',
    '&turn=',
    '&turn=%',
    '&id=%ff',
    '&id=a&id=b',
    '&turn=a&turn=b',
    '&limit=0',
    '&limit=1e1',
    '&limit=',
    '&cursor=',
    '&cursor=%5B0%2C%22%22%5D',
    '&agent=',
    '&__proto__=1',
    '&=',
    '&&&',
    '#id=x',
    '&%00',
    '&limit=+5',
    '&limit=5&limit=500',
  ),
  fc
    .tuple(fc.constantFrom('id', 'turn', 'limit', 'cursor', 'agent', ''), hostileText)
    .map((pair) => `&${new URLSearchParams([pair]).toString()}`),
);

const path = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '/..',
    '/../..',
    '/%2e%2e',
    '/%2f',
    '/%',
    '/%ff',
    '/events',
    '/events/events',
    '/rewind',
    '/fork',
    '/EVENTS',
    '/__proto__',
    ';a=b',
    '/.',
    '%00',
    '/%00',
    '\\..\\',
    'x',
    '/constructor',
  ),
  hostileText.map((text) => `/${text.isWellFormed() ? encodeURIComponent(text) : text}`),
);

/** One request of the attack: a wish, what it is aimed at, and what is done to it on its way. */
export const step = fc.record({
  wish,
  aim,
  otherAgent: rarely(fc.nat(), 12),
  who: fc.oneof(
    { weight: 40, arbitrary: fc.constant('attacker' as const) },
    { weight: 1, arbitrary: fc.constant('nobody' as const) },
  ),
  json: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 5, arbitrary: fc.array(jsonMutation, { minLength: 1, maxLength: 2 }) },
  ),
  bytes: rarely(byteMutation, 12),
  pace: bodyPace,
  header: rarely(header, 10),
  query: rarely(query, 10),
  path: rarely(path, 15),
  method: rarely(fc.constantFrom('GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'PATCH', 'OPTIONS', 'get', 'PROPFIND'), 25),
  /** What the client does with the answer: it may leave before it has come, or in its middle. */
  reading: fc.oneof(
    { weight: 12, arbitrary: fc.constant('whole' as const) },
    { weight: 2, arbitrary: fc.constantFrom('leaves' as const, 'cancels' as const, 'hangs up' as const) },
  ),
  number: fc.nat(),
});

export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
