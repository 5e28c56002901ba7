import { isMention, keywords, wordsIn } from './keywords.ts';

export type Policy = { readonly title: string; readonly text: string };

/** After that many days a delivered order is no longer refunded. */
export const refundDays = 30;

const policies: readonly Policy[] = [
  {
    title: 'Refunds',
    text: `An order that arrived broken, damaged or unwanted is refunded in full within ${refundDays} days of delivery.`,
  },
  {
    title: 'Replacements',
    text: 'A broken, damaged or faulty item is replaced free of charge for a year, as long as it is in stock.',
  },
  {
    title: 'Late parcels',
    text: 'An order that is late or lost on its way may be replaced at once. The first parcel is then sent back when it turns up.',
  },
  { title: 'Changes', text: 'The address of an order can be changed until it leaves the warehouse.' },
];

/** The policies that speak of the words; all of them when none does, so that an answer never rests on silence. */
export function policiesAbout(words: string): readonly Policy[] {
  const wanted = keywords(words);
  const found = policies.filter(({ title, text }) => {
    const spoken = wordsIn(`${title} ${text}`);
    return wanted.some((keyword) => spoken.some((word) => isMention(word, keyword)));
  });
  return found.length > 0 ? found : policies;
}
