import type { Logger } from '@stateroom/core';

const ignore = () => {};

/** To the console, one line of JSON each; what is only of use to a developer is left out. */
export const consoleLogger: Logger = {
  debug: ignore,
  info: (fields, message) => console.info(JSON.stringify({ level: 'info', message, ...fields })),
  warn: (fields, message) => console.warn(JSON.stringify({ level: 'warn', message, ...fields })),
  error: (fields, message) => console.error(JSON.stringify({ level: 'error', message, ...fields })),
};
