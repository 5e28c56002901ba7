import { APICallError } from '@ai-sdk/provider';
import type { ErrorCode } from '@stateroom/core';
import { hasKey } from './has-key.ts';

/** What went wrong, in words for the person at the screen, and what they can do. */
export type ChatFault = {
  readonly title: string;
  readonly detail: string;
  readonly remedy: 'retry' | 'look again' | 'reload' | 'new session' | 'send again or edit' | 'none';
};

/** For a session that was there. */
export const goneFault: ChatFault = {
  title: 'This session is no longer there.',
  detail: 'It has expired, or it was deleted. What you see here is only in this window, until you leave it.',
  remedy: 'new session',
};

const storageFault: ChatFault = {
  title: 'The storage cannot be reached.',
  detail: 'Nothing was lost, but this turn could not be kept. Try again in a moment.',
  remedy: 'retry',
};

const unknownFault: ChatFault = {
  title: 'Something went wrong on the server.',
  detail: 'The turn was not finished. Try again; the server’s log has the reason.',
  remedy: 'retry',
};

const refusedFault: ChatFault = {
  title: 'The server turned that message down.',
  detail: 'It is back in the field below. It may hold nothing but blanks, or characters that no model takes.',
  remedy: 'none',
};

/** What the route may say: EXISTS it tells as NOT_FOUND, and BUDGET comes with a time. */
type ToldCode =
  | Exclude<ErrorCode, 'EXISTS' | 'BUDGET'>
  | 'MODEL'
  | 'MODEL_BUSY'
  | 'CRASHED'
  | 'UNAUTHORIZED'
  | 'TOO_LARGE';

const faults: Readonly<Record<ToldCode, ChatFault>> = {
  NOT_FOUND: goneFault,
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
  LIMIT: {
    title: 'There is no room for more.',
    detail: 'The server keeps as much as it may. Your message was not sent; try again later.',
    remedy: 'retry',
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
  INVALID: refusedFault,
  INVALID_ID: refusedFault,
  NO_CHECKPOINT: {
    title: 'That is too long ago.',
    detail:
      'The state of then is not kept any more, so this message can be neither changed nor answered anew. Say it again in a new one.',
    remedy: 'reload',
  },
  STORAGE: storageFault,
  TIMEOUT: storageFault,
  UNKNOWN_OUTCOME: {
    title: 'The storage broke off.',
    detail: 'Your message may be kept, or not. Try again in a moment: it counts once, either way.',
    remedy: 'retry',
  },
  INVALID_STATE: unknownFault,
  NEWER_VERSION: unknownFault,
};
const faultsByCode: ReadonlyMap<string, ChatFault> = new Map(Object.entries(faults));

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
  const told = toldIn(error);
  if (told?.code === 'BUDGET') return budgetFault(told.freesAt);
  if (told !== null) return faultsByCode.get(told.code) ?? unknownFault;
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

function budgetFault(freesAt: number | null): ChatFault {
  const isForGood = freesAt === null;
  return {
    title: 'The tokens that may be used here are used up.',
    detail: isForGood
      ? 'Nothing more fits into this session. Your message was not sent; begin a new session with it.'
      : `There is room again at ${timeInWords(freesAt)}. Your message was not sent; it can be then.`,
    remedy: isForGood ? 'new session' : 'retry',
  };
}

function timeInWords(time: number): string {
  const isToday = new Date(time).toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat('en', { timeStyle: 'short', ...(!isToday && { dateStyle: 'medium' }) }).format(time);
}

/** Whether the message itself is what the server would not have: to send the same again is of no use. */
export function isRefusal(error: Error): boolean {
  const code = faultCodeOf(error);
  return code === 'TOO_LARGE' || code === 'INVALID';
}

/** Whether a turn of another window was in the way: the message is not stored. */
export function isTurnInTheWay(error: Error): boolean {
  const told = toldIn(error);
  return told?.code === 'CONFLICT' && told.turnId !== null;
}

/** Whether the session has moved on without this page. */
export function isOvertaken(error: Error): boolean {
  const code = faultCodeOf(error);
  return code !== null && ['CONFLICT', 'NOT_PENDING', 'EXPIRED', 'NO_CHECKPOINT'].includes(code);
}

/** What the server calls that which went wrong; null where no server said anything. */
export function faultCodeOf(error: Error): string | null {
  return toldIn(error)?.code ?? null;
}

type Told = { readonly code: string; readonly turnId: string | null; readonly freesAt: number | null };

/** What is in `{ "error": { "code" } }`, which is the text of every error the chat route sends. */
function toldIn(error: Error): Told | null {
  try {
    const body: unknown = JSON.parse(error.message);
    if (!hasKey(body, 'error') || !hasKey(body.error, 'code') || typeof body.error.code !== 'string') return null;
    const turnId = hasKey(body.error, 'turnId') && typeof body.error.turnId === 'string' ? body.error.turnId : null;
    const freesAt = hasKey(body.error, 'freesAt') && typeof body.error.freesAt === 'number' ? body.error.freesAt : null;
    return { code: body.error.code, turnId, freesAt };
  } catch {
    // A proxy in front of the server has limits of its own, and other words for them.
    const isTooLarge = APICallError.isInstance(error) && error.statusCode === 413;
    return isTooLarge ? { code: 'TOO_LARGE', turnId: null, freesAt: null } : null;
  }
}
