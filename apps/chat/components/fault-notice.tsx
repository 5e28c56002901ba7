import type { ChatFault } from '../lib/chat-fault.ts';

export type FaultNoticeProps = { readonly fault: ChatFault; readonly agentId: string; readonly onRetry: () => void };

const action = 'mt-3 inline-block rounded-lg border border-alarm px-3 py-1.5 text-sm font-semibold text-alarm';

/** What went wrong, and the one thing to do about it. */
export function FaultNotice({ fault, agentId, onRetry }: FaultNoticeProps) {
  const { title, detail, remedy } = fault;
  return (
    <div role="alert" className="mt-6 rounded-lg bg-alarm-wash p-4">
      <p className="font-semibold text-alarm">{title}</p>
      <p className="mt-1 leading-relaxed">{detail}</p>
      {remedy === 'retry' && (
        <button type="button" onClick={onRetry} className={action}>
          Try again
        </button>
      )}
      {remedy === 'reload' && (
        <button type="button" onClick={() => window.location.reload()} className={action}>
          Reload
        </button>
      )}
      {remedy === 'new session' && (
        <a href={`/${agentId}`} className={action}>
          New session
        </a>
      )}
    </div>
  );
}
