import { Miniflare } from 'miniflare';
import { bundleWorker } from './bundle-worker.ts';

export type Worker = AsyncDisposable & { readonly url: string };

/** The bundle in workerd, the runtime of Cloudflare's workers, with its storage in the environment. */
export async function startWorker(environment: Readonly<Record<string, string>>): Promise<Worker> {
  const { code } = await bundleWorker();
  const runtime = new Miniflare({
    modules: true,
    script: code,
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['enable_request_signal'],
    bindings: { ...environment },
    host: '127.0.0.1',
    port: 0,
    cf: false,
  });
  const { origin } = await runtime.ready;
  return { url: origin, [Symbol.asyncDispose]: () => runtime.dispose() };
}
