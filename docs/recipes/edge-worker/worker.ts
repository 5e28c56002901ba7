import { upstashStorage } from '@stateroom/core/upstash';
import { concierge } from '../hono-server/concierge.ts';
import { createApp } from '../hono-server/create-app.ts';

type Environment = {
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
  readonly WORD_MS: string;
};
type Context = { readonly waitUntil: (promise: Promise<unknown>) => void };

/** The same app. It is made for each request, since a worker lends its network and its `waitUntil` to one request alone. */
const worker = {
  fetch(request: Request, environment: Environment, context: Context): Response | Promise<Response> {
    const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, WORD_MS } = environment;
    const app = createApp({
      agents: [concierge(Number(WORD_MS))],
      storage: upstashStorage({ url, token }),
      waitUntil: (turn) => context.waitUntil(turn),
    });
    return app.fetch(request);
  },
};

// oxlint-disable-next-line import/no-default-export -- This is how a worker is found.
export default worker;
