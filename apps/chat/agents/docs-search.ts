import { isMention, keywords, stemOf, wordsIn } from './keywords.ts';

/** A part of a page under one heading, without the heading. */
export type Section = {
  readonly page: string;
  readonly heading: string;
  readonly text: string;
};

/** How much a word counts in the heading; in the text it counts 1 at the most. */
const headingWeight = 1.5;

/**
 * How well each section speaks of the words: a rare word counts more than one that stands everywhere, its second mention
 * less than its first, and one in a long section less than in a short one (as in BM25).
 */
export function scoresOf(sections: readonly Section[], words: string): number[] {
  const stems = keywords(words);
  const counts = sections.map((section) => countsOf(section, stems));
  const averageLength = counts.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counts.length);
  const rarity = stems.map((_, index) => {
    const mentions = counts.filter(({ text }) => (text[index] ?? 0) > 0).length;
    return Math.log(1 + counts.length / (1 + mentions));
  });
  return counts.map(({ text, heading, length }) => {
    const damping = 1.2 * (0.25 + (0.75 * length) / averageLength);
    const inText = (index: number) => (text[index] ?? 0) / ((text[index] ?? 0) + damping);
    const inHeading = (index: number) => (heading[index] ? headingWeight : 0);
    return rarity.reduce((sum, weight, index) => sum + weight * (inText(index) + inHeading(index)), 0);
  });
}

function countsOf({ text, heading }: Section, stems: readonly string[]) {
  const [words, named] = [wordsIn(text), wordsIn(heading).map(stemOf)];
  return {
    text: stems.map((stem) => words.filter((word) => isMention(word, stem)).length),
    heading: stems.map((stem) => named.includes(stem)),
    length: words.length,
  };
}

const excerptCharacters = 280;

/** Some of a section around the first of the words that it has; without its code, where there is more than that. */
export function excerptOf({ text }: Section, words: string): string {
  const prose = text.replaceAll(/^```[^]*?^```$/gm, ' ').trim() || text;
  const plain = prose.replaceAll(/\s+/g, ' ').trim();
  const lower = plain.toLowerCase();
  const positions = keywords(words)
    .map((stem) => lower.indexOf(stem))
    .filter((position) => position >= 0);
  const start = Math.min(...positions, plain.length) - 60;
  const from = positions.length === 0 || start <= 0 ? 0 : plain.indexOf(' ', start) + 1;
  const cut = plain.slice(from, from + excerptCharacters);
  return `${from > 0 ? '… ' : ''}${cut}${from + excerptCharacters < plain.length ? ' …' : ''}`;
}
