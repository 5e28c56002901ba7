/** Two guests at one assistant: each conversation is remembered, and neither knows of the other. */
import { storageFromEnv } from '@stateroom/core/from-env';
import { createFinanceChat } from './finance-chat.ts';
import { Guest } from './guest.ts';

await using storage = await storageFromEnv({ STATEROOM_STORAGE: 'memory', ...process.env });
const chat = createFinanceChat({ storage });
const ada = new Guest('ada');
const grace = new Guest('grace');

/** Says it, and shows the answer, the step after it, and the tools that were used, the latest first. */
async function talk(guest: Guest, text: string): Promise<void> {
  const answer = await guest.say(text, chat);
  const state = guest.sessionId === null ? null : await chat.states.getState(guest.sessionId, { owner: guest.name });
  console.log(`\n${guest.name}: ${text}\n  ${answer.text}`);
  console.log(`  [${state?.activeStep}] ${state?.recentlyUsedTools.join(', ') || 'no tool used yet'}`);
}

console.log('conversations are kept in:', storage.name);

await talk(ada, 'What is the price of Apple?');
await talk(grace, 'What is the price of Bitcoin?');
await talk(ada, 'What was it a year ago?');
await talk(grace, 'What was it a year ago?');
await talk(grace, 'Write a report');
await talk(ada, 'And what is the price of Bitcoin now?');
await talk(ada, 'Compare it');
await talk(ada, 'Send the report');
await talk(ada, 'Write it first');
await talk(ada, 'Send the report');
await talk(grace, 'Show me all shares');

const state = await chat.states.getState(grace.sessionId ?? '', { owner: 'grace' });
console.log('\neight quotes at once, of which are counted:', state?.toolCounts['stock_quote']);
console.log('noted for ada:', (await chat.notes.read(ada.sessionId ?? ''))?.summaries.length);
console.log('noted for grace:', (await chat.notes.read(grace.sessionId ?? ''))?.summaries.length);

const thief = new Guest('mallory', ada.sessionId);
console.log('mallory, with the key of ada:', (await thief.say('What have we talked about?', chat)).status);
console.log('mallory asks for the session:', (await thief.look(chat)).status);
console.log('ada asks for hers:', (await ada.look(chat)).status);

await chat.states.resetState(ada.sessionId ?? '', { owner: 'ada' });
console.log('reset, ada is in the step:', (await chat.states.getState(ada.sessionId ?? ''))?.activeStep);

for (const { sessionId } of [ada, grace]) {
  await chat.states.sessions.deleteSession(sessionId ?? '');
  await chat.notes.sessions.deleteSession(sessionId ?? '');
}
