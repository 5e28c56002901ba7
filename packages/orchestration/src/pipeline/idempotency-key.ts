/** A digest, so that whoever is told learns nothing of the session from it. */
export async function idempotencyKey(step: {
  readonly incarnation: string;
  readonly pipeline: string;
  readonly runId: string;
  readonly step: string;
}): Promise<string> {
  // As JSON, no two of them run into each other.
  const identity = JSON.stringify([step.incarnation, step.pipeline, step.runId, step.step]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(identity)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
