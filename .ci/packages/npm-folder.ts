import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** A folder outside of the repository, in which packages are installed as a user installs them: by npm, from tarballs. */
export class NpmFolder {
  readonly path: string;
  readonly #servers: ChildProcess[] = [];

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'stateroom-packages-'));
  }

  /** With a package.json of nothing but ES modules, and the packages, which are tarballs or names. */
  static async with(...packages: readonly string[]): Promise<NpmFolder> {
    const folder = new NpmFolder();
    folder.write('package.json', '{ "type": "module" }');
    await folder.run('npm', ['install', ...packages]);
    return folder;
  }

  write(file: string, text: string): void {
    const path = join(this.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** What the command prints. One that fails throws all that it printed. */
  run(command: string, args: readonly string[], options: { readonly cwd?: string } = {}): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const settings = { cwd: this.path, env: userEnvironment(), maxBuffer: 64 * 1024 * 1024, ...options };
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error }));
    });
    return promise;
  }

  node(...args: readonly string[]): Promise<string> {
    return this.run(process.execPath, args);
  }

  /** Runs until the servers are ended, or the folder is removed. */
  serve(command: string, { cwd, environment }: { readonly cwd: string; readonly environment: object }): ChildProcess {
    const env = { ...userEnvironment(), ...environment };
    const server = spawn('bash', ['-c', command], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
    this.#servers.push(server);
    return server;
  }

  async endServers(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      if (server.pid === undefined || server.exitCode !== null) continue;
      // The whole group: a server is often the child of a child.
      process.kill(-server.pid, 'SIGKILL');
      await once(server, 'exit');
    }
  }

  async remove(): Promise<void> {
    await this.endServers();
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** What a user's shell has: the Node of this run, and nothing that a script runner or the test runner has set. */
function userEnvironment(): NodeJS.ProcessEnv {
  const path = process.env['PATH'] ?? '';
  const folders = path.split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const own = Object.entries(process.env).filter(([name]) => !setByRunners.test(name));
  return {
    ...Object.fromEntries(own),
    PATH: [dirname(process.execPath), ...folders].join(delimiter),
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    NEXT_TELEMETRY_DISABLED: '1',
  };
}

/** But for the registry and its certificates, which belong to the machine. */
const setByRunners =
  /^(npm_(?!config_(registry|cafile|userconfig)$)|pnpm_|VITEST|TURBO|INIT_CWD$|NODE$|NODE_ENV$|NODE_PATH$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/i;
