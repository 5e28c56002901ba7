import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { NpmFolder } from './npm-folder.ts';
import { packedPackages, repository } from './packed.ts';

const packages = packedPackages();
const versions = new Map(packages.map(({ name, manifest }) => [name, manifest.version]));

let attw: NpmFolder;
beforeAll(async () => {
  attw = await NpmFolder.with('@arethetypeswrong/cli@0.18');
});
afterAll(() => attw.remove());

it('all packages of the workspace are packed', () => {
  expect(packages).toHaveLength(globSync('packages/*/package.json', { cwd: repository }).length);
});

describe.each(packages)('the tarball of $name', ({ name, tarball, manifest }) => {
  const folder = join(inject('everything'), 'node_modules', name);
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const files = globSync('**', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file).slice(folder.length + 1));
  const dependencies = { ...manifest.dependencies, ...manifest.peerDependencies };

  it('has ranges that npm knows, and those of its siblings are what is packed beside it', () => {
    expect(Object.values(dependencies).filter((range) => !/^[~^]?\d+\.\d+\.\d+$/.test(range))).toEqual([]);
    const siblings = Object.entries(dependencies).filter(([dependency]) => versions.has(dependency));
    expect(siblings).toEqual(siblings.map(([dependency]) => [dependency, `^${versions.get(dependency)}`]));
  });

  it('says what it is', () => {
    expect(manifest).toMatchObject({ type: 'module', license: 'MIT', sideEffects: false });
    expect(manifest.description.length).toBeGreaterThan(20);
    expect(manifest.keywords.length).toBeGreaterThan(0);
    expect(manifest.engines.node).toMatch(/^>=\d+\.\d+$/);
    expect(read('LICENSE')).toBe(readFileSync(join(repository, 'LICENSE'), 'utf8'));
  });

  it('has a page for strangers', () => {
    const page = read('README.md');
    expect(page).toMatch(new RegExp(`^# ${name}$`, 'm'));
    expect(page).toMatch(new RegExp(`npm install .*${name}`));
    expect(page).toContain('```ts\n');
    for (const subpath of Object.keys(manifest.exports).filter((key) => key !== './package.json'))
      expect(page).toContain(`\`${join(name, subpath)}\``);
  });

  it('holds what is built from sources that are there, these sources, and nothing else', () => {
    const maps = files.filter((file) => file.endsWith('.map'));
    const built = maps.map((file) => file.slice(0, -'.map'.length));
    const sources = maps.flatMap((file) => {
      const { sources: named, sourceRoot = '' }: { sources: string[]; sourceRoot?: string } = JSON.parse(read(file));
      return named.map((source) => normalize(join(dirname(file), sourceRoot, source)));
    });
    const pages = ['LICENSE', 'README.md', 'package.json', ...files.filter((file) => file === 'CHANGELOG.md')];
    expect(files.toSorted()).toEqual([...new Set([...maps, ...built, ...sources, ...pages])].toSorted());
    expect(built.filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file))).toEqual([]);
    expect(sources.filter((file) => !/^src\/.*\.ts$/.test(file) || /\.test(-process)?\.ts$/.test(file))).toEqual([]);
  });

  it('declares what it imports, and imports what it declares', () => {
    const code = files.filter((file) => file.startsWith('dist/') && /\.(js|d\.ts)$/.test(file)).map(read);
    const imported = new Set(code.flatMap(packagesImportedBy).filter((dependency) => !isOfNode(dependency)));
    expect([...imported].toSorted()).toEqual(Object.keys(dependencies).toSorted());
  });

  it('asks nobody to install a client that only one of its entry points needs', () => {
    const peers = Object.keys(manifest.peerDependencies ?? {});
    const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
    expect(optional.filter((peer) => !peers.includes(peer))).toEqual([]);
    const main = manifest.exports['.'];
    const needed = packagesImportedBy(reachableFrom(typeof main === 'object' ? main.default : '', read));
    expect(peers.filter((peer) => !needed.includes(peer))).toEqual(optional);
  });

  it('passes publint', async () => {
    const { buffer, byteOffset, byteLength } = Uint8Array.from(readFileSync(tarball));
    const options = { pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) }, strict: true };
    const { messages, pkg } = await publint(options);
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('passes are-the-types-wrong, for ES modules', async () => {
    expect(await attw.run('npx', ['attw', tarball, '--profile', 'esm-only', '--no-color'])).toContain(name);
  });
});

function packagesImportedBy(code: string): string[] {
  return specifiersIn(code)
    .filter((specifier) => !specifier.startsWith('.'))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
}

function specifiersIn(code: string): string[] {
  const fixed = code.matchAll(/^(?:import|export)(?: [\w*{},$\s]+ from)? ['"]([^'"]+)['"]/gm);
  const others = code.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g);
  return [...fixed, ...others].map(([, specifier = '']) => specifier);
}

function isOfNode(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

/** The code of a file and of all that it imports of its own package at once, one after the other. */
function reachableFrom(entry: string, read: (file: string) => string): string {
  const seen = new Map<string, string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    const code = read(file);
    seen.set(file, code);
    for (const specifier of specifiersIn(code.replaceAll(/\bimport\(/g, '')))
      if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
  };
  visit(normalize(entry));
  return [...seen.values()].join('\n');
}
