import { Porthole } from './porthole.tsx';

/** That it is not known yet what became of a message, and that the page goes on asking. */
export function LookoutNotice({ onStop }: { readonly onStop: () => void }) {
  return (
    <div className="mt-6 rounded-lg bg-recess p-4">
      <output className="flex items-center gap-2 font-semibold">
        <Porthole isLit isBusy />
        Looking for the answer
      </output>
      <p className="mt-1 leading-relaxed text-ink-soft">
        Your message is still being answered, or was lost. This page looks again for a quarter of a minute, and then
        lets you send it again.
      </p>
      <button
        type="button"
        onClick={onStop}
        className="mt-3 rounded-lg border border-ink-soft px-3 py-1.5 text-sm font-semibold"
      >
        Stop looking
      </button>
    </div>
  );
}
