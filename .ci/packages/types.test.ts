import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { entryPointsOf, packedPackages } from './packed.ts';

const everything = inject('everything');
const entryPoints = packedPackages().flatMap(({ manifest }) => entryPointsOf(manifest));
const exported = entryPoints.map(({ name }, index) => `export * as entry${index} from '${name}';`);
writeFileSync(join(everything, 'entry-points.ts'), exported.join('\n'));

const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--types', 'node'];

it.each([
  ['typescript', 'as Node does', ['--module', 'nodenext']],
  ['typescript-5', 'as bundlers do', ['--module', 'preserve', '--moduleResolution', 'bundler']],
])('%s, which resolves %s, finds no fault in any type of ours', async (compiler, _resolves, resolution) => {
  const faults = await faultsOf(compiler, [...resolution, '--skipLibCheck', 'false']);
  // Others' types are looked at as well; what is wrong with them is not ours to mend.
  expect(faults.filter((fault) => /^(entry-points\.ts|node_modules\/@stateroom\/|error)/.test(fault))).toEqual([]);
});

async function faultsOf(compiler: string, resolution: readonly string[]): Promise<string[]> {
  const tsc = join(everything, 'node_modules', compiler, 'bin/tsc');
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(
    process.execPath,
    [tsc, 'entry-points.ts', ...options, ...resolution],
    { cwd: everything },
    (_error, stdout) => resolve(stdout),
  );
  return (await promise).split('\n').filter((line) => line.includes('error TS'));
}
