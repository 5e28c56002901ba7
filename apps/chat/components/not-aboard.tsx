import Link from 'next/link';
import type { ReactNode } from 'react';

/** A page in place of one that is not there. */
export function NotAboard({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main id="conversation" tabIndex={-1} className="mx-auto w-full max-w-xl px-4 py-24 outline-none sm:px-6">
      <h1 className="font-display text-4xl">{title}</h1>
      <p className="mt-4 leading-relaxed text-ink-soft">{children}</p>
      <Link href="/" className="mt-8 inline-block text-sea underline underline-offset-4">
        All agents
      </Link>
    </main>
  );
}
