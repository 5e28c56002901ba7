const common = new Set(
  'about after and are but can come could did does for from get give had has have how into its just like make may more not now one our out please read search should tell than that the their them then there they this use was were what when where which who why will with would you your'.split(
    ' ',
  ),
);

/** The words of a text that carry its meaning, in lower case, each once; a plural gives its singular. */
export function keywords(text: string): string[] {
  return [
    ...new Set(
      wordsIn(text)
        .filter((word) => !common.has(word))
        .map(stemOf),
    ),
  ];
}

/** The words of three letters and more, in lower case. */
export function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}

/** A plural gives its singular. */
export function stemOf(word: string): string {
  return word.replace(/(?<=[^s]{3})s$/, '');
}

/** Whether a word speaks of one that `keywords` gave: `renewal` of `renew`; one of three letters of itself alone. */
export function isMention(word: string, keyword: string): boolean {
  return keyword.length > 3 ? word.startsWith(keyword) : stemOf(word) === keyword;
}
