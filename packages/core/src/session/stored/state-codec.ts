import type { StandardSchemaV1 } from '@standard-schema/spec';
import { refuseUnless, StateroomError } from '../../errors.ts';
import { assertJson } from '../../json.ts';
import { callersOwn } from '../callers-own.ts';
import { newerVersion, type SessionRecord } from './record.ts';

export type StateCodecOptions<T> = {
  /**
   * zod, or any Standard Schema that gives back what it was given. It judges every read and every write. A schema that
   * can `encode`, as those of zod 4 can, may also keep a state in another form than it is used in: `z.codec`.
   */
  readonly schema: StandardSchemaV1<unknown, T>;
  /** Of the state that this code works with; 1 by default. A session of a higher one is left to newer code. */
  readonly version?: number;
  /** Makes of a state of version `from`, as it was stored, one that the schema takes. Needed from version 2 on. */
  readonly migrate?: (state: unknown, from: number) => unknown;
  /** The version to store, so that new code can come before all of the old has gone; `version` by default. */
  readonly writeVersion?: number;
  /** Makes of a state, as it would be stored, one of the version `to`. Needed for a lower `writeVersion`. */
  readonly downgrade?: (state: unknown, to: number) => unknown;
  /** The longest that a state's JSON may be, in bytes of UTF-8. Any length by default. */
  readonly maxStateBytes?: number;
};

/** A state as it is stored. */
export type EncodedState = { readonly stateVersion: number; readonly text: string };

/** Between a state of type `T` and its stored form: migration, schema, versions and size, and nothing else. */
export class StateCodec<T> {
  readonly #schema: StandardSchemaV1<unknown, T>;
  readonly #encoder: Encoder | null;
  readonly #version: number;
  readonly #writeVersion: number;
  readonly #migrate: ((state: unknown, from: number) => unknown) | undefined;
  readonly #downgrade: ((state: unknown, to: number) => unknown) | undefined;
  readonly #maxStateBytes: number | undefined;

  /** INVALID for versions that cannot be, or cannot be had without a function that is missing. */
  constructor({ schema, version = 1, writeVersion = version, ...options }: StateCodecOptions<T>) {
    this.#schema = schema;
    this.#encoder = isEncoder(schema) ? schema : null;
    this.#version = version;
    this.#writeVersion = writeVersion;
    this.#migrate = options.migrate;
    this.#downgrade = options.downgrade;
    this.#maxStateBytes = options.maxStateBytes;
    refuseUnless(isCount(version), 'version', `is ${version}; give a whole number from 1`);
    refuseUnless(version === 1 || this.#migrate !== undefined, 'migrate', `is missing; version ${version} needs it`);
    refuseUnless(
      isCount(writeVersion) && writeVersion <= version,
      'writeVersion',
      `is ${writeVersion}; give a whole number from 1 to version`,
    );
    refuseUnless(
      writeVersion === version || this.#downgrade !== undefined,
      'downgrade',
      'is missing; a writeVersion below version needs it',
    );
    refuseUnless(
      this.#maxStateBytes === undefined || isCount(this.#maxStateBytes),
      'maxStateBytes',
      'is no whole number from 1',
    );
  }

  /** NEWER_VERSION, or INVALID_STATE with the path of the first issue. */
  async decode({ state, stateVersion }: Pick<SessionRecord, 'state' | 'stateVersion'>): Promise<T> {
    this.refuseNewer({ stateVersion });
    const migrate = this.#migrate;
    const isOld = stateVersion < this.#version && migrate !== undefined;
    const current = isOld ? await callersOwn(() => migrate(state, stateVersion)) : state;
    return this.#judged(await this.#schema['~standard'].validate(current));
  }

  /** NEWER_VERSION when newer code has written it. */
  refuseNewer({ stateVersion }: Pick<SessionRecord, 'stateVersion'>): void {
    if (stateVersion > this.#version) throw newerVersion(`state version ${stateVersion}`);
  }

  /** INVALID_STATE with the path of what does not fit the schema or would not survive JSON; LIMIT when it is too long. */
  async encode(state: T): Promise<EncodedState> {
    const encoded =
      this.#encoder === null
        ? await this.#validated(state)
        : await encodedBy(this.#encoder, state, this.#schema['~standard'].vendor);
    const downgrade = this.#writeVersion < this.#version ? this.#downgrade : undefined;
    const to = this.#writeVersion;
    const stored = downgrade === undefined ? encoded : await callersOwn(() => downgrade(encoded, to));
    assertJson(stored, 'state');
    const text = JSON.stringify(stored);
    this.#refuseTooLong(text);
    return { stateVersion: to, text };
  }

  async #validated(state: T): Promise<unknown> {
    return this.#judged(await this.#schema['~standard'].validate(state));
  }

  #judged(result: StandardSchemaV1.Result<T>): T {
    if (result.issues === undefined) return result.value;
    throw issue(result.issues, this.#schema['~standard'].vendor);
  }

  #refuseTooLong(text: string): void {
    const most = this.#maxStateBytes;
    // A character is three bytes at the most.
    if (most === undefined || text.length * 3 <= most) return;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes <= most) return;
    const message = `state is ${bytes} bytes of JSON, and maxStateBytes is ${most}; keep what grows in a list of the session`;
    throw new StateroomError('LIMIT', message, { path: 'state' });
  }
}

/** As zod 4 has it: the first throws where the schema has an asynchronous part. */
type Encoder = {
  readonly safeEncode: (state: unknown) => Encoded;
  readonly safeEncodeAsync: (state: unknown) => Promise<Encoded>;
};
type Encoded =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly StandardSchemaV1.Issue[] } };

function isEncoder(schema: object): schema is Encoder {
  const names = ['safeEncode', 'safeEncodeAsync'];
  return names.every((name) => typeof Reflect.get(schema, name) === 'function');
}

async function encodedBy(encoder: Encoder, state: unknown, vendor: string): Promise<unknown> {
  let result: Encoded;
  try {
    result = encoder.safeEncode(state);
  } catch {
    result = await encoder.safeEncodeAsync(state).catch((cause: unknown) => {
      const message = 'the schema cannot encode this state: replace each transform by a codec, which goes both ways';
      throw new StateroomError('INVALID', message, { path: 'schema', cause });
    });
  }
  if (result.success) return result.data;
  throw issue(result.error.issues, vendor);
}

/** Of what a schema says only zod's words are known to quote no value. */
function issue([first]: readonly StandardSchemaV1.Issue[], vendor: string): StateroomError {
  const segments = (first?.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const path = segments.reduce<string>(
    (before, key) => before + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    'state',
  );
  const fault = (vendor === 'zod' ? first?.message : undefined) ?? 'does not fit the schema';
  return new StateroomError('INVALID_STATE', `${path}: ${fault}`, { path });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
