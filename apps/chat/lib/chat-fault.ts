/** What went wrong, in words for the person at the screen, and what they can do. */
export type ChatFault = {
  readonly title: string;
  readonly detail: string;
  readonly remedy: 'retry' | 'reload' | 'new session' | 'none';
};

const faults: Readonly<Record<string, ChatFault>> = {
  MODEL: {
    title: 'The model could not answer.',
    detail:
      'Your message is kept. Try again in a moment; if it goes on, look at the model’s key and name on the server.',
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
  UNAUTHORIZED: {
    title: 'The server does not know who you are.',
    detail:
      'It needs one cookie to tell your sessions from those of others. Allow cookies for this site and try again.',
    remedy: 'retry',
  },
  TOO_LARGE: {
    title: 'That message is too long.',
    detail: 'Shorten it, or send it in parts.',
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

/** An error of the chat in words: by its code, or as a lost connection when it carries none. */
export function describeFault(error: Error, hasAnswerBegun: boolean): ChatFault {
  const code = codeOf(error.message);
  if (code !== null) return faults[code] ?? unknownFault;
  if (hasAnswerBegun) {
    return {
      title: 'The connection broke off.',
      detail: 'The answer goes on without you and is kept. Reload to see the whole of it.',
      remedy: 'reload',
    };
  }
  return {
    title: 'The server did not answer.',
    detail: 'Look whether you are online and the server is running, then try again.',
    remedy: 'retry',
  };
}

/** The code in `{ "error": { "code" } }`, which is the text of every error the chat route sends. */
function codeOf(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    if (!hasKey(body, 'error') || !hasKey(body.error, 'code')) return null;
    return typeof body.error.code === 'string' ? body.error.code : null;
  } catch {
    return null;
  }
}

function hasKey<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}
