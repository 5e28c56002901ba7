import Link from 'next/link';
import type { AgentCard } from '../agents/index.ts';
import { WorkflowLine } from './workflow-line.tsx';

/** One agent in the list of all: who it is, how it works, and the door. The whole entry is the link. */
export function AgentEntry({ card }: { readonly card: AgentCard }) {
  const { id, title, description, steps, defaultStep } = card;
  return (
    <li className="group relative grid gap-x-10 gap-y-4 border-b border-line py-8 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] md:items-baseline">
      <div>
        <h2 className="font-display text-2xl">
          <Link
            href={`/${id}`}
            prefetch={false}
            className="after:absolute after:inset-0 after:content-[''] group-hover:text-sea focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-brass"
          >
            {title}
          </Link>
        </h2>
        <p className="mt-2 max-w-prose leading-relaxed text-ink-soft">{description}</p>
      </div>
      <WorkflowLine steps={steps} defaultStep={defaultStep} />
      <span aria-hidden="true" className="text-sm text-sea">
        Step in →
      </span>
    </li>
  );
}
