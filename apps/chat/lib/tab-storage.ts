/** A browser may forbid its storage, or have it full: all works then but for what has to outlive a reload. */
export function tryStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(window.sessionStorage);
  } catch {
    return null;
  }
}
