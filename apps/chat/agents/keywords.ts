const common = new Set(
  'about after and are but can could did does for from had has have how into its just like may more not one our out please should tell than that the their them then there they this use was were what when where which who why will with would you your'.split(
    ' ',
  ),
);

/** The words of a text that carry its meaning, in lower case, each once; a plural gives its singular. */
export function keywords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return [...new Set(words.filter((word) => !common.has(word)).map((word) => word.replace(/(?<=[^s]{3})s$/, '')))];
}

/** Whether a text speaks of a word that `keywords` gave. */
export function isMention(text: string, word: string): boolean {
  return text.toLowerCase().includes(word);
}
