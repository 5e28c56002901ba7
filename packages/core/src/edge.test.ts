import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** What a worker's runtime has of the web, and nothing of Node. */
const web = {
  AbortController,
  AbortSignal,
  atob,
  btoa,
  clearTimeout,
  console,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  Response,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
};

async function bundled(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'browser',
    conditions: ['worker', 'edge-light'],
    format: 'iife',
    globalName: 'made',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

describe('what may run at the edge', () => {
  it.each([['./index.ts'], ['./storage/memory.ts'], ['./storage/upstash.ts']])(
    '%s reaches nothing of Node',
    async (file) => {
      const code = await bundled(`export * from '${file}';`);
      expect(code.length).toBeGreaterThan(1000);
      expect(code).not.toMatch(/require\(|["']node:/);
    },
  );

  it('the platform tells what does not: SQLite cannot be bundled for it', async () => {
    await expect(bundled(`export * from './storage/sqlite.ts';`)).rejects.toThrow('node:');
  });

  it('sessions, encryption and a store of its own work in a runtime that has the web alone', async () => {
    const code = await bundled(`
      import { SessionManager, encrypted, keyValueStorage, unwrap } from './index.ts';
      import { z } from 'zod';
      export async function run() {
        const keys = [{ id: 'a', secret: crypto.getRandomValues(new Uint8Array(32)) }] as const;
        const storage = encrypted(keyValueStorage(new Map()), { keys });
        const schema = z.object({ count: z.number() });
        const sessions = new SessionManager({ storage, schema, initialState: () => ({ count: 0 }) });
        const { sessionId } = unwrap(await sessions.createSession({ owner: 'ada' }));
        const update = () => sessions.updateSession(sessionId, ({ count }) => ({ count: count + 1 }));
        await Promise.all([update(), update(), update()]);
        return unwrap(await sessions.getSession(sessionId)).data.count;
      }
    `);
    const context = createContext({ ...web });
    runInContext(`${code}; globalThis.made = made;`, context);
    expect(await runInContext('made.run()', context)).toBe(3);
  });
});
