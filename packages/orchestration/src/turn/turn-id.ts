/** A turn's id is that of its message and the number of the attempt to answer it: `m1#1`. */
export function turnIdOf(messageId: string, attempt: number): string {
  return `${messageId}#${attempt}`;
}

export function messageIdOf(turnId: string): string {
  return turnId.slice(0, Math.max(0, turnId.lastIndexOf('#')));
}

export function attemptOf(turnId: string): number {
  return Number(turnId.slice(turnId.lastIndexOf('#') + 1));
}

/** The id under which the answers to what a turn waits for are a message: `m1#1~1`, and the next in the row `m1#1~2`. */
export function answersTo(turnId: string): string {
  const [, origin = turnId, number = '0'] = /^(.+#\d+)~(\d+)#\d+$/.exec(turnId) ?? [];
  return `${origin}~${Number(number) + 1}`;
}

/** Whether a turn's id is that of one that goes on with another. */
export function isAnswering(turnId: string): boolean {
  return /#\d+~\d+#\d+$/.test(turnId);
}
