import { StateroomError } from '../../errors.ts';
import { assertJson, type JsonValue, ownCopy } from '../../json.ts';
import { isListName } from '../id.ts';
import type { Access } from '../guard.ts';
import { defaultTtl, listsNeedTouch, type TtlPolicy } from '../ttl.ts';

/** What is stored with a session's state, as JSON under the session's own key. Times are epoch milliseconds. */
export type Envelope = {
  /** Of the envelope itself. */
  readonly format: number;
  /** Of the state's schema. */
  readonly stateVersion: number;
  /** Another one each time a session of this id is made, so that nothing meant for an earlier one reaches a later. */
  readonly incarnation: string;
  /** Rises when a list is cut, since its length alone would not tell. */
  readonly epoch: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly listsTouchedAt: number;
  /** The lists that were begun in this incarnation. What lies under the name of another is not this session's. */
  readonly lists: readonly string[];
  readonly owner: string | null;
  readonly agentId: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly ttl: TtlPolicy;
  /** The trail: the versions of the last writes, newest first. A writer that lost its reply looks for its own here. */
  readonly writes: readonly string[];
  /** There while the state is that of a piece of work which may yet be taken back. */
  readonly draft?: Draft | undefined;
};

/** What the session goes back to if the draft is taken back. Updates by others go into both states. */
export type Draft = {
  /** The state without what the draft has changed, as it is stored. */
  readonly before: unknown;
  /** Plain data of whoever has begun the draft. */
  readonly note: JsonValue;
};

/** The state is as it was stored: what its schema makes of it is not looked at here. */
export type SessionRecord = Envelope & { readonly state: unknown };

const recordFormat = 2;
const trailLength = 8;

type Origin = Access & {
  readonly incarnation: string;
  readonly now: number;
  readonly ttl: TtlPolicy;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** The envelope of a session that is made now, before its first write. INVALID_STATE for metadata that JSON would change. */
export function newEnvelope({ incarnation, now, ttl, owner, agentId, metadata = {} }: Origin): Envelope {
  assertJson(metadata, 'metadata');
  return {
    format: recordFormat,
    stateVersion: 0,
    incarnation,
    epoch: 0,
    createdAt: now,
    updatedAt: now,
    listsTouchedAt: now,
    lists: [],
    owner: owner ?? null,
    agentId: agentId ?? null,
    metadata: ownCopy(metadata),
    ttl,
    writes: [],
  };
}

/** The envelope alone, without the state, which may be long. */
export function envelopeOf({ state: _state, ...envelope }: SessionRecord): Envelope {
  return envelope;
}

/** The envelope after a write: its version goes in front of the trail. */
export function writtenEnvelope(
  envelope: Envelope,
  version: string,
  change: {
    readonly now: number;
    readonly stateVersion: number;
    readonly epoch: number;
    readonly lists?: readonly string[];
    /** Undefined ends the draft. */
    readonly draft?: Draft | undefined;
  },
): Envelope {
  const { now, stateVersion, epoch, lists = envelope.lists, draft } = change;
  return {
    ...envelope,
    draft,
    stateVersion,
    epoch,
    updatedAt: now,
    listsTouchedAt: listsNeedTouch(envelope.ttl, envelope.listsTouchedAt, now) ? now : envelope.listsTouchedAt,
    lists,
    writes: [version, ...envelope.writes].slice(0, trailLength),
  };
}

/** Whether both are of the same owner and agent. */
export function belongsTo(found: Envelope, { owner, agentId }: Envelope): boolean {
  return found.owner === owner && found.agentId === agentId;
}

export function encodeRecord(envelope: Envelope, stateText: string): string {
  // The state comes last, and as the text that was checked. Joined, it is one flat string: a template, or a slice,
  // would leave its parts standing behind a text that a storage keeps.
  return [JSON.stringify(envelope).slice(0, -1), ',"state":', stateText, '}'].join('');
}

/** INVALID_STATE when the text is no record, NEWER_VERSION when newer code wrote it. What is stored stays as it is. */
export function decodeRecord(text: string): SessionRecord {
  const record = parseObject(text);
  const { format } = record;
  if (typeof format !== 'number') throw corrupt('format');
  if (format > recordFormat) throw newerVersion(`format ${format}`);
  for (const [name, hasRightType] of Object.entries(envelope)) if (!hasRightType(record[name])) throw corrupt(name);
  // Every field of the type but the state, which the manager's schema judges, was looked at just now.
  const decoded = record as SessionRecord;
  return { ...decoded, ttl: { ...defaultTtl, ...decoded.ttl } };
}

export function newerVersion(what: string): StateroomError {
  return new StateroomError('NEWER_VERSION', `the session was written by newer code (${what}); it was left as it is`);
}

const isString = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isListNames = (value: unknown) => Array.isArray(value) && value.every(isListName);
const isStringOrNull = (value: unknown) => value === null || isString(value);

const isTtl = (value: unknown) => {
  const spans: unknown[] = isObject(value)
    ? ['idleMs', 'absoluteMs', 'graceMs'].map((name) => Reflect.get(value, name))
    : ['none'];
  return spans.every((ms) => ms === undefined || ms === null || isNumber(ms));
};

const envelope: Readonly<Record<keyof Envelope, (value: unknown) => boolean>> = {
  format: isNumber,
  stateVersion: isNumber,
  incarnation: isString,
  epoch: isNumber,
  createdAt: isNumber,
  updatedAt: isNumber,
  listsTouchedAt: isNumber,
  lists: isListNames,
  owner: isStringOrNull,
  agentId: isStringOrNull,
  metadata: isObject,
  ttl: isTtl,
  writes: (value) => Array.isArray(value) && value.every(isString),
  draft: (value) => value === undefined || (isObject(value) && 'before' in value && 'note' in value),
};

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is not for a log.
    throw new StateroomError('INVALID_STATE', 'the stored session is not JSON; it was left as it is');
  }
  if (typeof parsed !== 'object' || parsed === null) throw corrupt('$');
  return { ...parsed };
}

function corrupt(path: string): StateroomError {
  const message = `the stored session has no valid field "${path}"; it was left as it is`;
  return new StateroomError('INVALID_STATE', message, { path });
}
