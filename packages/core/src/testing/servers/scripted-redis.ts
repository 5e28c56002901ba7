import { createServer, type Socket } from 'node:net';

export type ScriptedRedis = {
  readonly url: string;
  /** All that was asked so far, but for what a client says of itself when it connects. */
  readonly commands: readonly (readonly string[])[];
  /** How many were ever made. */
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
};

/** What it says to a command, in Redis' protocol and without the line's end: `-BUSY …`, `$-1`. */
export type Answer = (command: readonly string[]) => string | Promise<string>;

/** A server that speaks Redis' protocol, and says to each command what the test has it say, in their order. */
export async function startScriptedRedis(answer: Answer): Promise<ScriptedRedis> {
  const commands: string[][] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const reply = (command: string[]): string | Promise<string> => {
    if (command[0] === 'HELLO') return '%1\r\n+proto\r\n:3';
    if (command[0] === 'CLIENT') return '+OK';
    commands.push(command);
    return answer(command);
  };
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)));
    let text = '';
    let answered = Promise.resolve();
    socket.setEncoding('latin1').on('data', (chunk) => {
      const parsed = parseCommands(text + String(chunk));
      text = parsed.rest;
      for (const command of parsed.commands) {
        const said = Promise.resolve(reply(command));
        answered = answered.then(async () => void socket.write(`${await said}\r\n`));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    commands,
    connections: () => connections,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Whole commands, each an array of strings with their lengths before them, and the part of the next. */
function parseCommands(text: string): { commands: string[][]; rest: string } {
  const commands: string[][] = [];
  let rest = text;
  for (;;) {
    const parsed = parseCommand(rest);
    if (parsed === null) return { commands, rest };
    commands.push(parsed.command);
    rest = parsed.rest;
  }
}

function parseCommand(text: string): { command: string[]; rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  let position = head[0].length;
  const command: string[] = [];
  for (let count = Number(head[1]); count > 0; count--) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(position, position + 20));
    if (length === null) return null;
    const start = position + length[0].length;
    const end = start + Number(length[1]);
    if (text.length < end + 2) return null;
    command.push(text.slice(start, end));
    position = end + 2;
  }
  return { command, rest: text.slice(position) };
}
