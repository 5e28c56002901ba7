import type { StandardSchemaV1 } from '@standard-schema/spec';
import { StateroomError } from '../errors.ts';
import { assertJson } from '../json.ts';
import type { Access } from './guard.ts';
import type { TtlPolicy } from './ttl.ts';

/** The envelope that is stored for a session, as JSON under the session's own key. Times are epoch milliseconds. */
export type SessionRecord = {
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
  readonly owner: string | null;
  readonly agentId: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly ttl: TtlPolicy;
  /** The trail: the versions of the last writes, newest first. A writer that lost its reply looks for its own here. */
  readonly writes: readonly string[];
  readonly state: unknown;
};

const recordFormat = 1;
const stateVersion = 1;
const trailLength = 8;

type Origin = Access & {
  readonly incarnation: string;
  readonly now: number;
  readonly ttl: TtlPolicy;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** The record of a session that is made now, before its first write. */
export function newRecord(state: unknown, origin: Origin): SessionRecord {
  const { incarnation, now, ttl, owner, agentId, metadata = {} } = origin;
  return {
    format: recordFormat,
    stateVersion,
    incarnation,
    epoch: 0,
    createdAt: now,
    updatedAt: now,
    listsTouchedAt: now,
    owner: owner ?? null,
    agentId: agentId ?? null,
    metadata,
    ttl,
    writes: [],
    state,
  };
}

/** The record after a write: its version goes in front of the trail. */
export function writtenRecord(record: SessionRecord, version: string, change: Partial<SessionRecord>): SessionRecord {
  return { ...record, ...change, writes: [version, ...record.writes].slice(0, trailLength) };
}

/** Whether both are of the same owner and agent. */
export function belongsTo(found: SessionRecord, { owner, agentId }: SessionRecord): boolean {
  return found.owner === owner && found.agentId === agentId;
}

/** INVALID_STATE with its path when the state or metadata would not survive JSON. */
export function encodeRecord(record: SessionRecord): string {
  assertJson(record.metadata, 'metadata');
  assertJson(record.state, 'state');
  return JSON.stringify(record);
}

/** INVALID_STATE when the text is no record, NEWER_VERSION when newer code wrote it. What is stored stays as it is. */
export function decodeRecord(text: string): SessionRecord {
  const record = parseObject(text);
  const { format, stateVersion: version } = record;
  if (typeof format !== 'number' || typeof version !== 'number') throw corrupt('format');
  if (format > recordFormat || version > stateVersion) {
    const message = `the session was written by newer code (format ${format}, state version ${version})`;
    throw new StateroomError('NEWER_VERSION', message);
  }
  for (const [name, hasRightType] of Object.entries(envelope)) if (!hasRightType(record[name])) throw corrupt(name);
  // Every field of the type but the state, which the manager's schema judges, was looked at just now.
  return record as SessionRecord;
}

/** The state as its schema gives it back, or INVALID_STATE with the path of the first issue. */
export async function validateState<T>(schema: StandardSchemaV1<unknown, T>, state: unknown): Promise<T> {
  const result = await schema['~standard'].validate(state);
  if (result.issues === undefined) return result.value;
  const issue = result.issues[0];
  const segments = (issue?.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const path = ['state', ...segments.map(String)].join('.');
  throw new StateroomError('INVALID_STATE', `${path}: ${issue?.message ?? 'does not fit the schema'}`, { path });
}

const isString = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isObject = (value: unknown) => typeof value === 'object' && value !== null;
const isStringOrNull = (value: unknown) => value === null || isString(value);

const envelope: Readonly<Record<Exclude<keyof SessionRecord, 'state'>, (value: unknown) => boolean>> = {
  format: isNumber,
  stateVersion: isNumber,
  incarnation: isString,
  epoch: isNumber,
  createdAt: isNumber,
  updatedAt: isNumber,
  listsTouchedAt: isNumber,
  owner: isStringOrNull,
  agentId: isStringOrNull,
  metadata: isObject,
  ttl: (value) => isObject(value) && Object.hasOwn(Object(value), 'idleMs'),
  writes: (value) => Array.isArray(value) && value.every(isString),
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
