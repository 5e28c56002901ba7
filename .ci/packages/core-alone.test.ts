import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NpmFolder } from './npm-folder.ts';
import { blocksOf, entryPointsOf, packedPackages, promisedBy, repository } from './packed.ts';

const core = packedPackages().find(({ name }) => name === '@stateroom/core');
if (core === undefined) throw new Error('core is not packed');
const { manifest, tarball } = core;
const clients = Object.keys(manifest.peerDependencies ?? {});

/** What a stranger reads first of core alone: on memory, and on SQLite. */
const programs = ['README.md', 'packages/core/README.md'].map((page, index) => {
  const code =
    blocksOf(readFileSync(join(repository, page), 'utf8')).find(({ language }) => language === 'ts')?.code ?? '';
  return { page, file: `program-${index}.ts`, code };
});

let folder: NpmFolder;
beforeAll(async () => {
  folder = await NpmFolder.with(tarball, 'zod');
  for (const { file, code } of programs) folder.write(file, code);
});
afterAll(() => folder.remove());

it('brings its dependencies, and no client', () => {
  const manifests = globSync('node_modules/{*,@*/*}/package.json', { cwd: folder.path });
  const installed = manifests.map((file) => file.split('/').slice(1, -1).join('/'));
  const expected = [manifest.name, 'zod', ...Object.keys(manifest.dependencies ?? {})];
  expect(installed.toSorted()).toEqual(expected.toSorted());
});

it('is imported without a client, and where one is missing that is said by its name', async () => {
  const missing = new Map<string, string>();
  for (const { name } of entryPointsOf(manifest)) {
    const code = `await import('${name}').catch(({ message }) => console.log(message))`;
    const message = await folder.node('--input-type=module', '-e', code);
    if (message !== '') missing.set(name, message);
  }
  expect(missing.has('@stateroom/core')).toBe(false);
  const named = [...missing.values()].map((message) => /Cannot find package '(.+?)'/.exec(message)?.[1] ?? message);
  expect(named.toSorted()).toEqual(clients.toSorted());
});

it.each([
  ['redis', 'REDIS_URL', { REDIS_URL: 'redis://localhost' }],
  [
    '@upstash/redis',
    'UPSTASH_REDIS_REST_URL',
    { UPSTASH_REDIS_REST_URL: 'https://x.upstash.io', UPSTASH_REDIS_REST_TOKEN: 'x' },
  ],
])('an environment that asks for %s says that it is to be installed', async (client, variable, environment) => {
  const code = `import { storageFromEnv } from '@stateroom/core/from-env';
    await storageFromEnv(${JSON.stringify(environment)}).catch(({ code, message }) => console.log(code, message));`;
  const printed = await folder.node('--input-type=module', '-e', code);
  expect(printed.trim()).toBe(`INVALID ${variable} needs the package ${client}: npm install ${client}`);
});

it('its first programs are sound to the compiler, and print what they say, also on the oldest Node it names', async () => {
  const floor = manifest.engines.node.replace('>=', '');
  await folder.run('npm', ['install', 'typescript@7', '@types/node', `node@${floor}`]);
  const oldest = join(folder.path, 'node_modules/node/bin/node');
  expect(await folder.run(oldest, ['--version'])).toMatch(`v${floor}.`);
  for (const resolution of [['nodenext'], ['preserve', '--moduleResolution', 'bundler']]) {
    const files = programs.map(({ file }) => file);
    const options = ['--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--types', 'node'];
    await folder.run('npx', ['tsc', ...files, ...options, '--module', ...resolution, '--outDir', 'built']);
    for (const { file, code } of programs) {
      const built = join('built', file.replace('.ts', '.js'));
      const printed = [await folder.node(built), await folder.run(oldest, [built])];
      const promised = `${promisedBy(code).join('\n')}\n`;
      expect(printed).toEqual([promised, promised]);
    }
  }
});
