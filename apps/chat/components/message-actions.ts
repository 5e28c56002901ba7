/**
 * Actions of a message, in the gap below it: in sight where one cannot point at it, else while one points at it or is
 * within.
 */
export const messageActions =
  'relative -mb-6 h-6 items-center gap-1 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 [@media(hover:none)]:opacity-100';
