import { connection } from 'next/server';
import { AgentEntry } from '../components/agent-entry.tsx';
import { ModelNotice } from '../components/model-notice.tsx';
import { Porthole } from '../components/porthole.tsx';
import { SiteHeader } from '../components/site-header.tsx';
import { modelLine } from '../lib/model-line.ts';
import { getServices } from '../lib/services.ts';

/** Who is aboard, and which model speaks for them. */
export default async function HomePage() {
  await connection();
  const { agents, chosenModel } = getServices();
  const cards = agents.map(({ card }) => card);
  return (
    <>
      <SiteHeader cards={cards} currentId={null} />
      <main className="mx-auto max-w-5xl px-4 pb-20 sm:px-6">
        <h1 className="mt-14 max-w-[18ch] font-display text-4xl leading-[1.12] sm:mt-18 sm:text-6xl">
          Every conversation has its own cabin.
        </h1>
        <p className="mt-5 max-w-[56ch] text-lg leading-relaxed text-ink-soft">
          Stateroom is the server half of an agent conversation, and these are three agents on it. Each session is
          private, kept on the server, and found as it was left: the step the agent is in, the tools it may use there,
          and every word.
        </p>
        <p className="mt-6 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm">
          <Porthole isLit />
          {modelLine(chosenModel)}
          {chosenModel.isScripted && (
            <a href="#model-notice" className="text-sea underline underline-offset-4">
              Use a real model
            </a>
          )}
        </p>
        <ul aria-label="Agents" className="mt-12 border-t border-line">
          {cards.map((card) => (
            <AgentEntry key={card.id} card={card} />
          ))}
        </ul>
        {chosenModel.isScripted && <ModelNotice />}
      </main>
    </>
  );
}
