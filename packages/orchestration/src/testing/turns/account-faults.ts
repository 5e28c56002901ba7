import type { Account } from './accounts.ts';
import type { Ledger } from './ledger.ts';
import { wordFaults } from './stream-faults.ts';
import { partToken } from './vocabulary.ts';

/** What somebody was told and was never so. What was so and is no more, the ledger has judged. */
export function accountFaults(accounts: readonly Account[], ledger: Ledger): string[] {
  return accounts.flatMap((account) => [...missing(account, ledger), ...wrongWords(account, ledger)]);
}

function missing(account: Account, { seen }: Ledger): string[] {
  return claimsOf(account).flatMap((claim) => (seen.has(claim) ? [] : [`acknowledged, and never there: ${claim}`]));
}

function claimsOf(account: Account): readonly string[] {
  switch (account.type) {
    case 'begun':
      return [`run ${account.turnId}`];
    case 'stored': {
      const { turnId: turn, by, part, taken } = account;
      return [
        `part ${turn} ${by} ${part}`,
        `told ${partToken({ turn, by, part })}`,
        ...taken.map((messageId) => `taken ${messageId} ${turn}`),
      ];
    }
    case 'ended':
    case 'finished':
      return [`ended ${account.turnId} ${account.status}`];
    case 'steered':
      return [`taken ${account.messageId} ${account.turnId}`];
    case 'updated':
      return [`told ${account.token}`];
    case 'rewound':
      return account.gone.map((turnId) => `gone ${turnId}`);
    case 'deleted':
      return ['deleted'];
    case 'running':
    case 'followed':
      return [];
  }
}

/** Words are stored by the end of their turn, and followers hear all of them. */
function wrongWords(account: Account, { said, seen }: Ledger): string[] {
  if (account.type !== 'ended' && account.type !== 'followed') return [];
  const { turnId } = account;
  const lengths = (said.get(turnId) ?? []).map((words) => words.length);
  if (account.type === 'ended')
    return lengths.includes(account.words)
      ? []
      : [`${turnId} has ${lengths.join()} of ${account.words} words in its stream`];
  // Who follows a turn while another one of its name takes its place hears of both.
  if (seen.has(`gone ${turnId}`) || seen.has('deleted')) return [];
  const { words, status, isLogGone } = account;
  const faults = wordFaults(turnId, words);
  const isWhole = status === 'unknown' || isLogGone || lengths.length === 0 || lengths.includes(words.length);
  return isWhole ? faults : [...faults, `a follower of ${turnId} has heard ${words.length} of ${lengths.join()} words`];
}
