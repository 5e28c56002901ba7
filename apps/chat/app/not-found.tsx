import Link from 'next/link';
import { connection } from 'next/server';
import { SiteHeader } from '../components/site-header.tsx';
import { getServices } from '../lib/services.ts';

export default async function NotFound() {
  await connection();
  const cards = getServices().agents.map(({ card }) => ({ id: card.id, title: card.title }));
  return (
    <>
      <SiteHeader cards={cards} currentId={null} />
      <main className="mx-auto max-w-xl px-4 py-24 sm:px-6">
        <h1 className="font-display text-4xl">There is no such room.</h1>
        <p className="mt-4 leading-relaxed text-ink-soft">
          The address names an agent or a session that is not aboard.
        </p>
        <Link href="/" className="mt-8 inline-block text-sea underline underline-offset-4">
          All agents
        </Link>
      </main>
    </>
  );
}
