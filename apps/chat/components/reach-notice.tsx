import type { Session } from '../lib/use-session.ts';

const words: Readonly<Record<Session['reach'], string | null>> = {
  reached: null,
  offline: 'You are offline. What you write stays here, and can be sent once you are back.',
  'not reached': 'The server does not answer. This page tries again by itself; what you write stays here.',
  'out of order': 'The storage cannot be reached just now. Nothing is lost; this page tries again by itself.',
};

/** That what is shown may be old, and why. There at all times, so that a screen reader hears what comes into it. */
export function ReachNotice({ reach }: Pick<Session, 'reach'>) {
  return <output className="block px-3 pb-2 text-sm text-alarm empty:hidden">{words[reach]}</output>;
}
