/** Who asks: an owner, an agent, both, or nobody in particular (trusted code of the server itself). */
export type Access = {
  /** When given, another owner's session answers like one that does not exist. */
  readonly owner?: string | undefined;
  /** When given, a session bound to another agent answers like one that does not exist. */
  readonly agentId?: string | undefined;
};

/**
 * The version of a session's guard entry: a digest of owner and agent. A commit that checks it learns in one step
 * whether the session is there, whose it is and which agent it belongs to, and a stranger learns none of the three.
 */
export async function guardVersion(owner: string | null, agentId: string | null): Promise<string> {
  const identity = new TextEncoder().encode(JSON.stringify([owner, agentId]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', identity));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A guard's versions as they were made before: a digest is made in another thread, and its maker waits. */
export class GuardVersions {
  /** Least recently used first. */
  readonly #made = new Map<string, string>();

  async of(owner: string | null, agentId: string | null): Promise<string> {
    const identity = JSON.stringify([owner, agentId]);
    const version = this.#made.get(identity) ?? (await guardVersion(owner, agentId));
    this.#made.delete(identity);
    this.#made.set(identity, version);
    const [oldest] = this.#made.keys();
    if (this.#made.size > maxMade && oldest !== undefined) this.#made.delete(oldest);
    return version;
  }
}

const maxMade = 1000;
