import type { Logger } from '@stateroom/core';

const ignore = () => {};

/** Warnings and errors to the console, one line of JSON each; what is only of use to a developer is left out. */
export const consoleLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: (fields, message) => console.warn(JSON.stringify({ level: 'warn', message, ...fields })),
  error: (fields, message) => console.error(JSON.stringify({ level: 'error', message, ...fields })),
};
