import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = join(import.meta.dirname, '..', 'hono-server', 'server.ts');

/** The server of the recipe hono-server as a process, to be ended or killed. */
export class Served implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  /** On a free port. `environment` names its storage. */
  static async start(environment: Readonly<Record<string, string>>): Promise<Served> {
    const env = { ...process.env, PORT: '0', ...environment };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const { promise: url, resolve, reject } = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => resolve(line.replace('listening on ', '')));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    return new Served(await url, child);
  }

  /** Gives the exit code; null where a signal has ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#process.exitCode;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
