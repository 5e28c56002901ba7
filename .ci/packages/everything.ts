import type { TestProject } from 'vitest/node';
import { NpmFolder } from './npm-folder.ts';
import { packedPackages, peersOf } from './packed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of a folder in which all packages are installed, and all their peers. */
    everything: string;
  }
}

/** The newest, and an older one whose users are many. */
const compilers = ['typescript@7', 'typescript-5@npm:typescript@5'];

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const packages = packedPackages();
  const tarballs = packages.map(({ tarball }) => tarball);
  const folder = await NpmFolder.with(...tarballs, ...peersOf(packages), ...compilers, '@types/node');
  provide('everything', folder.path);
  return () => folder.remove();
}
