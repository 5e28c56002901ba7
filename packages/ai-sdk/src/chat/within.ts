/** What a task comes to; null when that takes longer. Its timer ends with it. */
export async function within<R>(ms: number, task: Promise<R>): Promise<R | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, ms, null);
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
