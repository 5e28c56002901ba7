import { execFile } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { type EntryPoint, entryPointsOf, packedPackages } from './packed.ts';

const everything = inject('everything');
const packages = packedPackages();
const entryPoints = packages.flatMap(({ manifest }) => entryPointsOf(manifest));
const peers = packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}));

describe.each(entryPoints)('$name', (entryPoint) => {
  it('is imported by Node', async () => {
    const code = `console.log(Object.keys(await import('${entryPoint.name}')).length)`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: everything,
    });
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  it('is bundled, with its peers beside it', async () => {
    const own = await bundled(entryPoint, { packages: 'external' });
    const whole = await bundled(entryPoint, { external: [...peers, 'node:*'] });
    expect(own.bytes).toBeGreaterThan(0);
    expect(whole.bytes).toBeGreaterThanOrEqual(own.bytes);
    bundles.push({
      'entry point': entryPoint.name,
      'own code, min+gzip': inKilobytes(own.bytes),
      'with dependencies': inKilobytes(whole.bytes),
      'beside it': whole.imports.filter((name) => peers.includes(name)).join(', '),
      'runs on': whole.imports.some((name) => name.startsWith('node:')) ? 'Node' : 'any runtime',
    });
  });
});

it.each(packages)('$name is packed smaller than it is', ({ name, tarball }) => {
  const folder = join(everything, 'node_modules', name);
  const files = globSync('**', { cwd: folder }).map((file) => statSync(join(folder, file)));
  const unpacked = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  const packed = statSync(tarball).size;
  expect(packed).toBeLessThan(unpacked);
  tarballs.push({ package: name, files: files.length, packed: inKilobytes(packed), unpacked: inKilobytes(unpacked) });
});

const bundles: object[] = [];
const tarballs: object[] = [];
afterAll(() => {
  console.table(tarballs);
  console.table(bundles);
});

async function bundled({ packageName, code }: EntryPoint, outside: Pick<BuildOptions, 'external' | 'packages'>) {
  const { outputFiles, metafile } = await build({
    ...outside,
    entryPoints: [join(everything, 'node_modules', packageName, code)],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    outdir: everything,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).byteLength, 0);
  return { bytes, imports: [...new Set(imports)].toSorted() };
}

function inKilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
