import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A server of the chat route as a process of its own, to be killed, paused and woken. */
export class ChatServer implements AsyncDisposable {
  readonly url: string;
  /** All that it says of itself, in order. */
  readonly events: readonly object[];
  readonly #process: ChildProcess;

  private constructor(url: string, events: readonly object[], process: ChildProcess) {
    this.url = url;
    this.events = events;
    this.#process = process;
  }

  static async start(redisUrl: string, { overlap = 'reject', delayMs = 20, leaseMs = 1000 } = {}): Promise<ChatServer> {
    const file = join(import.meta.dirname, 'chat-server.test-process.ts');
    const child = spawn(process.execPath, [file, redisUrl, overlap, String(delayMs), String(leaseMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const events: object[] = [];
    const { promise: port, resolve } = Promise.withResolvers<number>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: { readonly port?: number } = JSON.parse(line);
      if (event.port === undefined) events.push(event);
      else resolve(event.port);
    });
    return new ChatServer(`http://127.0.0.1:${await port}`, events, child);
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}
