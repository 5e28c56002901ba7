import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

type Ranges = Readonly<Record<string, string>>;

export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies?: Ranges;
  readonly peerDependencies?: Ranges;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
};

export type EntryPoint = {
  /** As it is imported. */
  readonly name: string;
  readonly packageName: string;
  /** In the package. */
  readonly code: string;
  readonly types: string;
};

export type PackedPackage = { readonly name: string; readonly tarball: string; readonly manifest: Manifest };

/** The packages as `pnpm tarballs` has left them. */
export function packedPackages(): PackedPackage[] {
  const tarballs = globSync('.tarballs/*.tgz', { cwd: repository }).map((file) => join(repository, file));
  return tarballs.toSorted().map((tarball) => {
    const manifest: Manifest = JSON.parse(
      execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
    );
    return { name: manifest.name, tarball, manifest };
  });
}

export function entryPointsOf({ name, exports }: Manifest): EntryPoint[] {
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: join(name, subpath), packageName: name, code: target.default, types: target.types }],
  );
}

/** What a user installs beside the packages, to have all that they can do, as npm takes it. */
export function peersOf(packages: readonly PackedPackage[]): string[] {
  const peers = packages.flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}));
  return peers.map(([name, range]) => `${name}@${range}`);
}

export type Block = { readonly language: string; readonly code: string };

/** The blocks of code in a text of Markdown, in order. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language = '', code = '']) => ({ language, code }));
}

/** What a program says of its own that each of its console.log lines prints. */
export function promisedBy(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output = '']) => output);
}
