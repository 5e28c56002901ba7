/** How it comes that a scripted model answers, and what to do about it. */
export function ModelNotice() {
  return (
    <section aria-labelledby="model-notice" className="mt-12 rounded-lg border border-line bg-bulkhead p-5 sm:p-6">
      <h2 id="model-notice" className="scroll-mt-8 font-semibold">
        A scripted model answers, because no other one is set.
      </h2>
      <p className="mt-2 max-w-[68ch] leading-relaxed text-ink-soft">
        It works offline and understands nothing: it calls one tool for each message you send, and reports what came
        back. The sessions, steps, tools and storage are the real ones.
      </p>
      <p className="mt-4 text-sm text-ink-soft">For a real model, set a key and start again:</p>
      <pre className="mt-2 rounded-md break-words whitespace-pre-wrap bg-recess px-4 py-3 font-mono text-[0.8125rem] leading-relaxed">
        <code>
          {
            'OPENAI_API_KEY=… npx -y pnpm@10 start\nANTHROPIC_API_KEY=… npx -y pnpm@10 start\nOPENAI_BASE_URL=http://localhost:11434/v1 STATEROOM_MODEL=llama3.2 npx -y pnpm@10 start'
          }
        </code>
      </pre>
    </section>
  );
}
