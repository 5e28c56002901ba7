import { type Logger, silentLogger, type StorageProvider } from '@stateroom/core';
import { errorResponse } from './error-response.ts';

export type HealthRouteOptions = { readonly storage: StorageProvider; readonly logger?: Logger };

/** `{ status: 'ok' }` with 200 while the storage answers, and `{ error }` with 503 while it does not. It asks nobody who they are. */
export function createHealthRoute(options: HealthRouteOptions | (() => HealthRouteOptions)): {
  readonly GET: (request: Request) => Promise<Response>;
} {
  return {
    GET: async () => {
      const { storage, logger = silentLogger } = typeof options === 'function' ? options() : options;
      try {
        await storage.ping();
        const body = { status: 'ok', storage: { name: storage.name, scope: storage.scope } };
        return Response.json(body, { headers: { 'cache-control': 'no-store' } });
      } catch (error) {
        return errorResponse(error, logger);
      }
    },
  };
}
