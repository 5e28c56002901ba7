'use client';

export type ErrorPageProps = { readonly reset: () => void };

export default function ErrorPage({ reset }: ErrorPageProps) {
  return (
    <main className="mx-auto max-w-xl px-4 py-24 sm:px-6">
      <h1 className="font-display text-4xl">This page could not be opened.</h1>
      <p className="mt-4 leading-relaxed text-ink-soft">
        The server or its storage did not answer. What was kept is still there; the server’s log has the reason.
      </p>
      <button type="button" onClick={reset} className="mt-8 rounded-lg bg-sea px-4 py-2 font-semibold text-on-sea">
        Try again
      </button>
    </main>
  );
}
