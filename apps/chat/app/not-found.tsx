import { connection } from 'next/server';
import { NotAboard } from '../components/not-aboard.tsx';
import { SiteHeader } from '../components/site-header.tsx';
import { getServices } from '../lib/services.ts';

export default async function NotFound() {
  await connection();
  const cards = getServices().agents.map(({ card }) => ({ id: card.id, title: card.title }));
  return (
    <>
      <SiteHeader cards={cards} currentId={null} />
      <NotAboard title="There is no such room.">The address names an agent or a page that is not aboard.</NotAboard>
    </>
  );
}
