import { APICallError } from '@ai-sdk/provider';
import { hasKey } from './has-key.ts';

/** What went wrong, in words for the person at the screen, and what they can do. */
export type ChatFault = {
  readonly title: string;
  readonly detail: string;
  readonly remedy: 'retry' | 'look again' | 'reload' | 'new session' | 'send again or edit' | 'none';
};

const faults: Readonly<Record<string, ChatFault>> = {
  MODEL: {
    title: 'The model could not answer.',
    detail:
      'Your message is kept. Try again in a moment; if it goes on, look at the model’s key and name on the server.',
    remedy: 'retry',
  },
  MODEL_BUSY: {
    title: 'The model is busy.',
    detail:
      'It has too much to do, or has had too many requests from this server. Your message is kept. Try again in a while.',
    remedy: 'retry',
  },
  CRASHED: {
    title: 'The server broke off in the middle of the answer.',
    detail: 'Your message is kept, and what was done until then. Try again: the answer goes on from there.',
    remedy: 'retry',
  },
  LEASE_LOST: {
    title: 'The server was held up in the middle of the answer.',
    detail: 'Your message is kept. Try again.',
    remedy: 'retry',
  },
  NOT_FOUND: {
    title: 'This session is no longer there.',
    detail: 'It has expired, or it belongs to another guest. What you see here is only in this window.',
    remedy: 'new session',
  },
  CONFLICT: {
    title: 'This session has moved on.',
    detail: 'Another window wrote to it, or your message already has its answer. Reload to see where it stands.',
    remedy: 'reload',
  },
  NOT_PENDING: {
    title: 'This question is not open any more.',
    detail:
      'It was answered elsewhere, or the conversation has gone on. Nothing has run. Reload to see where it stands.',
    remedy: 'reload',
  },
  EXPIRED: {
    title: 'The time to answer is over.',
    detail: 'Nothing has run. Ask again, and say yes or no within half an hour.',
    remedy: 'reload',
  },
  UNAUTHORIZED: {
    title: 'The server does not know who you are.',
    detail:
      'It needs one cookie to tell your sessions from those of others. Allow cookies for this site and try again.',
    remedy: 'retry',
  },
  TOO_LARGE: {
    title: 'That message is too long.',
    detail: 'It is back in the field below. Shorten it, or send it in parts.',
    remedy: 'none',
  },
  INVALID: {
    title: 'The server turned that message down.',
    detail: 'It is back in the field below. It may hold nothing but blanks, or characters that no model takes.',
    remedy: 'none',
  },
  STORAGE: {
    title: 'The storage cannot be reached.',
    detail: 'Nothing was lost, but this turn could not be kept. Try again in a moment.',
    remedy: 'retry',
  },
};

const unknownFault: ChatFault = {
  title: 'Something went wrong on the server.',
  detail: 'The turn was not finished. Try again; the server’s log has the reason.',
  remedy: 'retry',
};

/** For a message that is stored without an answer. */
export const unansweredFault: ChatFault = {
  title: 'Your message has no answer.',
  detail: 'The model failed, or it said nothing. Try again, or say something else.',
  remedy: 'retry',
};

/** For a message that was sent, and that the server does not have. */
export const lostFault: ChatFault = {
  title: 'Your message has probably been lost.',
  detail:
    'The server does not have it, unless it is still at work on a long answer. Send it again, or change it first.',
  remedy: 'send again or edit',
};

/** An error of the chat in words: by its code, or as a lost connection when it carries none. */
export function describeFault(error: Error, hasAnswerBegun: boolean): ChatFault {
  const code = codeOf(error);
  if (code !== null) return faults[code] ?? unknownFault;
  if (hasAnswerBegun) {
    return {
      title: 'The connection broke off.',
      detail:
        'The server may have gone on and kept the whole answer, or it may have stopped. Look again to see. If your message was not kept, it is offered to you again.',
      remedy: 'look again',
    };
  }
  return {
    title: 'The server did not answer.',
    detail: 'Look whether you are online and the server is running, then try again.',
    remedy: 'retry',
  };
}

/** Whether the message itself is what the server would not have: to send the same again is of no use. */
export function isRefusal(error: Error): boolean {
  const code = codeOf(error);
  return code === 'TOO_LARGE' || code === 'INVALID';
}

/** Whether a turn of another window was in the way: the message is not stored. */
export function isTurnInTheWay(error: Error): boolean {
  return codeOf(error) === 'CONFLICT' && error.message.includes('"turnId"');
}

/** Whether the session has moved on without this page. */
export function isOvertaken(error: Error): boolean {
  const code = codeOf(error);
  return code === 'CONFLICT' || code === 'NOT_PENDING' || code === 'EXPIRED';
}

/** The code in `{ "error": { "code" } }`, which is the text of every error the chat route sends. */
function codeOf(error: Error): string | null {
  try {
    const body: unknown = JSON.parse(error.message);
    if (!hasKey(body, 'error') || !hasKey(body.error, 'code')) return null;
    return typeof body.error.code === 'string' ? body.error.code : null;
  } catch {
    // A proxy in front of the server has limits of its own, and other words for them.
    return APICallError.isInstance(error) && error.statusCode === 413 ? 'TOO_LARGE' : null;
  }
}
