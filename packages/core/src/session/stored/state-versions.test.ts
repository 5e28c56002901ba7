import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryStorage } from '../../storage/memory.ts';
import type { StorageProvider } from '../../storage/provider.ts';
import { unwrap } from '../result.ts';
import { SessionManager } from '../session-manager.ts';

const One = z.object({ name: z.string() });
const Two = z.object({ first: z.string(), last: z.string() });
const storedKey = 'sessions:{a}';

const initialOne = () => ({ name: 'Ada Lovelace' });
const initialTwo = () => ({ first: 'Ada', last: 'Lovelace' });
const migrate = (state: unknown) => {
  const [first = '', last = ''] = One.parse(state).name.split(' ');
  return { first, last };
};
const downgrade = (state: unknown) => {
  const { first, last } = Two.parse(state);
  return { name: `${first} ${last}` };
};

const codeOne = (storage: StorageProvider) => new SessionManager({ storage, schema: One, initialState: initialOne });
const codeTwo = (storage: StorageProvider, writeVersion = 2) =>
  new SessionManager({ storage, schema: Two, initialState: initialTwo, version: 2, migrate, writeVersion, downgrade });

async function stored(storage: StorageProvider): Promise<{ readonly stateVersion: number; readonly state: unknown }> {
  const [entry] = (await storage.read({ entries: [storedKey] })).entries;
  return JSON.parse(entry?.value ?? 'null');
}

describe('two versions of the code on one storage', () => {
  it('new code reads what old code wrote, and stores the new form with its first own write', async () => {
    const storage = memoryStorage();
    await codeOne(storage).createSession({ sessionId: 'a' });
    const sessions = codeTwo(storage);
    expect(unwrap(await sessions.getSession('a')).data).toEqual({ first: 'Ada', last: 'Lovelace' });
    expect(await stored(storage)).toMatchObject({ stateVersion: 1, state: { name: 'Ada Lovelace' } });
    unwrap(await sessions.touchSession('a'));
    expect(await stored(storage)).toMatchObject({ stateVersion: 1 });
    unwrap(await sessions.updateSession('a', (state) => ({ ...state, last: 'King' })));
    expect(await stored(storage)).toMatchObject({ stateVersion: 2, state: { first: 'Ada', last: 'King' } });
  });

  it('old code is told that newer code wrote, and changes nothing of it', async () => {
    const storage = memoryStorage();
    await codeTwo(storage).createSession({ sessionId: 'a' });
    const before = (await storage.read({ entries: [storedKey] })).entries;
    const sessions = codeOne(storage);
    const newer = { success: false, error: { code: 'NEWER_VERSION' } };
    expect(await sessions.getSession('a')).toMatchObject(newer);
    expect(await sessions.touchSession('a')).toMatchObject(newer);
    expect(await sessions.updateSession('a', (state) => state)).toMatchObject(newer);
    expect(await sessions.resetSession('a')).toMatchObject(newer);
    expect((await storage.read({ entries: [storedKey] })).entries).toEqual(before);
    expect(await sessions.deleteSession('a')).toMatchObject({ success: true, data: true });
  });

  it('both work side by side while new code writes the old form', async () => {
    const storage = memoryStorage();
    const [old, next] = [codeOne(storage), codeTwo(storage, 1)];
    unwrap(await next.createSession({ sessionId: 'a' }));
    unwrap(await old.updateSession('a', ({ name }) => ({ name: `${name}-King` })));
    const seen = unwrap(await next.updateSession('a', (state) => ({ ...state, first: 'Augusta' })));
    expect(seen.data).toEqual({ first: 'Augusta', last: 'Lovelace-King' });
    expect(unwrap(await old.getSession('a')).data).toEqual({ name: 'Augusta Lovelace-King' });
    unwrap(await codeTwo(storage).updateSession('a', (state) => state));
    expect(await old.getSession('a')).toMatchObject({ error: { code: 'NEWER_VERSION' } });
  });

  it('a migration that throws is thrown, and one that gives a wrong shape is INVALID_STATE; the text stays', async () => {
    const storage = memoryStorage();
    await codeOne(storage).createSession({ sessionId: 'a', owner: 'me' });
    const before = (await storage.read({ entries: [storedKey] })).entries;
    const options = { storage, schema: Two, initialState: initialTwo, version: 2 };
    const throwing = new SessionManager({
      ...options,
      migrate: () => {
        throw new TypeError('no such field');
      },
    });
    await expect(throwing.getSession('a')).rejects.toThrow(TypeError);
    const failed = [{ sessionId: 'a', error: expect.any(TypeError) }];
    expect(await throwing.stats()).toMatchObject({ sessions: 0, failed });
    expect(await throwing.listSessions({ owner: 'me' })).toMatchObject({ sessions: [], failed });
    const wrong = new SessionManager({ ...options, migrate: () => ({ first: 1 }) });
    expect(await wrong.updateSession('a', (state) => state)).toMatchObject({
      error: { code: 'INVALID_STATE', path: 'state.first' },
    });
    expect((await storage.read({ entries: [storedKey] })).entries).toEqual(before);
  });

  it('versions that cannot be are refused when the manager is made', () => {
    const options = { storage: memoryStorage(), schema: One, initialState: initialOne, migrate, downgrade };
    const make = (given: object) => () => new SessionManager({ ...options, ...given });
    for (const [given, path] of [
      [{ version: 0 }, 'version'],
      [{ version: 1.5 }, 'version'],
      [{ version: 2, migrate: undefined }, 'migrate'],
      [{ version: 2, writeVersion: 3 }, 'writeVersion'],
      [{ version: 2, writeVersion: 1, downgrade: undefined }, 'downgrade'],
      [{ maxStateBytes: 0 }, 'maxStateBytes'],
    ] as const) {
      expect(make(given)).toThrow(expect.objectContaining({ code: 'INVALID', path }));
    }
  });
});

describe('a schema with another form for storage', () => {
  const IsoDate = z.codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  });
  const Tags = z.codec(z.array(z.string()), z.set(z.string()), {
    decode: (items) => new Set(items),
    encode: (set) => [...set],
  });
  const Visit = z.object({ at: IsoDate, tags: Tags });
  const at = new Date(1_700_000_000_000);
  const manager = (storage: StorageProvider) =>
    new SessionManager({ storage, schema: Visit, initialState: () => ({ at, tags: new Set(['new']) }) });

  it('is encoded on write and decoded on read: a Date is a Date for callers and text in the storage', async () => {
    const storage = memoryStorage();
    const sessions = manager(storage);
    const created = unwrap(await sessions.createSession({ sessionId: 'a' }));
    const updated = unwrap(await sessions.updateSession('a', (visit) => ({ ...visit, tags: new Set(['b', 'c']) })));
    const read = unwrap(await sessions.getSession('a'));
    expect(created.data).toEqual({ at, tags: new Set(['new']) });
    for (const { data } of [updated, read]) expect(data).toEqual({ at, tags: new Set(['b', 'c']) });
    expect(await stored(storage)).toMatchObject({ state: { at: at.toISOString(), tags: ['b', 'c'] } });
  });

  it('gives each caller their own, also by a handle that remembers', async () => {
    const handle = manager(memoryStorage()).handle('a');
    const storage = memoryStorage();
    const sessions = manager(storage);
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    expect(await handle.get()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    const own = sessions.handle('a');
    unwrap(await own.get()).data.tags.add('mine');
    unwrap(await own.update((visit) => ({ ...visit, at: new Date(0) }))).data.at.setTime(5);
    expect(unwrap(await own.update((visit) => visit)).data).toEqual({ at: new Date(0), tags: new Set(['new']) });
  });

  it('says with its path what it cannot encode, and stores nothing', async () => {
    const storage = memoryStorage();
    const sessions = manager(storage);
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    const before = (await storage.read({ entries: [storedKey] })).entries;
    const invalid = await sessions.updateSession('a', (visit) => ({ ...visit, at: new Date(Number.NaN) }));
    expect(invalid).toMatchObject({ error: { code: 'INVALID_STATE', path: 'state.at' } });
    const oneWay = new SessionManager({
      storage,
      namespace: 'one-way',
      schema: z.object({ name: z.string().transform((name) => name.length) }),
      initialState: () => ({ name: 3 }),
    });
    expect(await oneWay.createSession()).toMatchObject({ error: { code: 'INVALID', path: 'schema' } });
    expect((await storage.read({ entries: [storedKey] })).entries).toEqual(before);
  });

  it('that takes what it would not take back is told before anything is written', async () => {
    const schema = z.object({ note: z.union([z.string(), z.undefined()]) });
    const storage = memoryStorage();
    const sessions = new SessionManager({ storage, schema, initialState: () => ({ note: 'first' }) });
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    const lost = { success: false, error: { code: 'INVALID_STATE', path: 'state.note' } };
    expect(await sessions.updateSession('a', () => ({ note: undefined }))).toMatchObject(lost);
    expect(unwrap(await sessions.getSession('a')).data).toEqual({ note: 'first' });
    const empty = new SessionManager({ storage, schema, initialState: () => ({ note: undefined }) });
    expect(await empty.createSession({ sessionId: 'b' })).toMatchObject(lost);
    expect(await sessions.getSession('b')).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('may give what cannot be frozen, and shares what it gives with nobody', async () => {
    const Bytes = z.codec(z.string(), z.instanceof(Uint8Array), {
      decode: (text) => new Uint8Array(Buffer.from(text, 'base64')),
      encode: (bytes) => Buffer.from(bytes).toString('base64'),
    });
    const sessions = new SessionManager({
      storage: memoryStorage(),
      schema: z.object({ bytes: Bytes }),
      initialState: () => ({ bytes: new Uint8Array([1]) }),
    });
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    const grown = await sessions.updateSession('a', ({ bytes }) => ({ bytes: new Uint8Array([...bytes, 2]) }));
    expect(unwrap(grown).data.bytes).toEqual(new Uint8Array([1, 2]));
  });

  it('of which a message may quote a value is told by its path alone', async () => {
    const secret = 'sk-0451';
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'other',
        validate: (value: unknown): StandardSchemaV1.Result<string> => ({
          issues: [{ message: `got ${JSON.stringify(value)}`, path: ['token'] }],
        }),
      },
    } as const;
    const sessions = new SessionManager({
      storage: memoryStorage(),
      schema,
      initialState: () => secret,
    });
    const result = await sessions.createSession();
    expect(result).toMatchObject({ error: { code: 'INVALID_STATE', path: 'state.token' } });
    expect(String(!result.success && result.error.stack)).not.toContain(secret);
  });

  it('may be asynchronous', async () => {
    const Slow = z.object({
      count: z.codec(z.string(), z.number(), {
        decode: async (text) => Number(text),
        encode: async (count) => String(count),
      }),
    });
    const storage = memoryStorage();
    const sessions = new SessionManager({ storage, schema: Slow, initialState: () => ({ count: 1 }) });
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    expect(unwrap(await sessions.updateSession('a', ({ count }) => ({ count: count + 1 }))).data).toEqual({ count: 2 });
    expect(await stored(storage)).toMatchObject({ state: { count: '2' } });
  });
});

describe('the size of a state', () => {
  it('is bounded in bytes of its JSON, where maxStateBytes says so', async () => {
    const schema = z.object({ text: z.string() });
    const options = { storage: memoryStorage(), schema, initialState: () => ({ text: '' }), maxStateBytes: 30 };
    const sessions = new SessionManager(options);
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    // {"text":""} is eleven bytes, and each of these is three.
    unwrap(await sessions.updateSession('a', () => ({ text: '道'.repeat(6) })));
    expect(await sessions.updateSession('a', () => ({ text: '道'.repeat(7) }))).toMatchObject({
      error: { code: 'LIMIT', path: 'state', message: expect.stringContaining('32 bytes') },
    });
    expect(unwrap(await sessions.getSession('a')).data.text).toHaveLength(6);
  });
});
