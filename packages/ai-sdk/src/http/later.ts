/** Null after so many milliseconds, or as soon as the signal says so. */
export function later(ms: number, signal?: AbortSignal): Promise<null> {
  if (signal?.aborted) return Promise.resolve(null);
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(null);
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
