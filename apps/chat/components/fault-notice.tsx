import type { ChatFault } from '../lib/chat-fault.ts';
import type { Conversation } from '../lib/use-conversation.ts';

export type FaultNoticeProps = {
  readonly fault: ChatFault;
  readonly agentId: string;
  readonly conversation: Pick<Conversation, 'retry' | 'lookAgain' | 'edit'>;
};

const action = 'inline-block rounded-lg border border-alarm px-3 py-1.5 text-sm font-semibold text-alarm';

/** What went wrong, and what to do about it. */
export function FaultNotice({ fault, agentId, conversation }: FaultNoticeProps) {
  const { title, detail, remedy } = fault;
  return (
    <div role="alert" className="mt-6 rounded-lg bg-alarm-wash p-4">
      <p className="font-semibold text-alarm">{title}</p>
      <p className="mt-1 leading-relaxed">{detail}</p>
      <div className="mt-3 flex flex-wrap gap-2 empty:hidden">
        {remedy === 'retry' && <Action label="Try again" onAct={conversation.retry} />}
        {remedy === 'look again' && <Action label="Look again" onAct={conversation.lookAgain} />}
        {remedy === 'send again or edit' && <Action label="Send again" onAct={conversation.retry} />}
        {remedy === 'send again or edit' && <Action label="Change it" onAct={conversation.edit} />}
        {remedy === 'reload' && <Action label="Reload" onAct={() => window.location.reload()} />}
        {remedy === 'new session' && (
          <a href={`/${agentId}`} className={action}>
            New session
          </a>
        )}
      </div>
    </div>
  );
}

function Action({ label, onAct }: { readonly label: string; readonly onAct: () => void }) {
  return (
    <button type="button" onClick={onAct} className={action}>
      {label}
    </button>
  );
}
