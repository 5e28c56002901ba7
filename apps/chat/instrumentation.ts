/**
 * Runs once, before the first request: an environment that makes no sense stops the server with words, not a visitor.
 * NEXT_RUNTIME is no setting but a constant of the bundle; the edge one, which we do not use, has no SQLite.
 */
export async function register(): Promise<void> {
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return;
  const { startServices } = await import('./lib/services.ts');
  await startServices();
}
