import type { AgentCard } from '../agents/index.ts';

export type EmptyRoomProps = { readonly card: AgentCard; readonly onChoose: (text: string) => void };

/** A session before its first message: three ways to begin. */
export function EmptyRoom({ card, onChoose }: EmptyRoomProps) {
  return (
    <div className="mt-auto">
      <h2 className="font-display text-3xl sm:text-4xl">Nothing said yet.</h2>
      <p className="mt-3 max-w-[52ch] leading-relaxed text-ink-soft">{card.description}</p>
      <ul aria-label="Ways to begin" className="mt-8 divide-y divide-line border-y border-line">
        {card.suggestions.map((suggestion) => (
          <li key={suggestion}>
            <button
              type="button"
              onClick={() => onChoose(suggestion)}
              className="group flex w-full items-baseline justify-between gap-4 py-3.5 text-left leading-snug -outline-offset-2 hover:text-sea"
            >
              {suggestion}
              <span aria-hidden="true" className="shrink-0 text-sm text-ink-soft group-hover:text-sea">
                Ask
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
