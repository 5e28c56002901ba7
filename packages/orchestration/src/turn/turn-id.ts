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
