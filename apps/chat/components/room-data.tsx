import type { ClientView } from '@stateroom/orchestration';

type Json = Exclude<ClientView['data'], undefined>;

/** What the agent shows of its own data, and what holds for the next turns; nothing where there is neither. */
export function RoomData({ data, effects }: Pick<ClientView, 'data' | 'effects'>) {
  const entries = typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.entries(data) : [];
  if (entries.length === 0 && effects.length === 0) return null;
  return (
    <section aria-labelledby="room-data">
      <h2 id="room-data" className="mb-2 font-display text-xl">
        What is so
      </h2>
      <dl className="divide-y divide-line text-sm">
        {entries.map(([name, value]) => (
          <Fact key={name} term={words(name)} text={textOf(value)} />
        ))}
        {effects.map(({ id, turnsLeft }) => (
          <Fact key={`effect ${id}`} term={words(id)} text={turnsLeft === 1 ? '1 turn' : `${turnsLeft} turns`} />
        ))}
      </dl>
    </section>
  );
}

function Fact({ term, text }: { readonly term: string; readonly text: string }) {
  return (
    <div className="flex justify-between gap-4 py-2">
      <dt className="text-ink-soft">{term}</dt>
      <dd className="min-w-0 text-right wrap-anywhere tabular-nums">{text}</dd>
    </div>
  );
}

/** `hitPoints` as “Hit points”. */
function words(name: string): string {
  const spaced = name.replaceAll(/(?<=[a-z])(?=[A-Z])|[_-]/g, ' ').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function textOf(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'Empty' : value.map(textOf).join(', ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
