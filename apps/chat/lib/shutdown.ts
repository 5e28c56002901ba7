const shutdownKey = Symbol.for('stateroom.chat.shutdown');
/** The routes are bundles of their own, in one process. */
const holder: typeof globalThis & { [shutdownKey]?: AbortController } = globalThis;

/** Aborts when the process is asked to end: what would keep a connection open ends by itself then. */
export function shutdownSignal(): AbortSignal {
  return controller().signal;
}

/** Told by whoever hears of it first. */
export function beginShutdown(): void {
  controller().abort();
}

function controller(): AbortController {
  return (holder[shutdownKey] ??= new AbortController());
}
