import type { ComponentProps } from 'react';

/** A button that is no more than its word, for what one may do beside reading. */
export function QuietButton({ className = '', ...rest }: ComponentProps<'button'>) {
  return (
    <button
      type="button"
      {...rest}
      className={`rounded px-1.5 py-0.5 text-sm text-ink-soft underline-offset-4 hover:text-ink hover:underline disabled:no-underline disabled:opacity-60 ${className}`}
    />
  );
}
