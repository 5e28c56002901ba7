export type PortholeProps = {
  readonly isLit: boolean;
  /** A lamp that breathes: somebody is at work behind it. */
  readonly isBusy?: boolean;
  readonly className?: string;
};

/** A round window that is lit or dark. What it means is always said in words beside it. */
export function Porthole({ isLit, isBusy = false, className = 'size-4' }: PortholeProps) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" className={`shrink-0 ${className}`}>
      <circle
        cx="10"
        cy="10"
        r="8.75"
        strokeWidth="1.5"
        className={`fill-bulkhead ${isLit ? 'stroke-brass' : 'stroke-ink-soft'}`}
      />
      {isLit && <circle cx="10" cy="10" r="5" className={`fill-glow ${isBusy ? 'lamp' : ''}`} />}
    </svg>
  );
}
