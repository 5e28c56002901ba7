import { describe, expect, it } from 'vitest';
import { SpokenMessage } from './spoken-message.ts';

describe('a message as it is said', () => {
  it('keeps what a provider tells with a piece that has no words', async () => {
    const spoken = new SpokenMessage(null);
    spoken.hear({ type: 'reasoning-start', id: 'r' });
    for (const delta of ['I ', 'see.']) spoken.hear({ type: 'reasoning-delta', id: 'r', delta });
    spoken.hear({ type: 'reasoning-delta', id: 'r', delta: '', providerMetadata: { p: { signature: 's' } } });
    spoken.hear({ type: 'reasoning-end', id: 'r' });
    const [message] = await spoken.take();
    expect(message?.parts).toMatchObject([{ text: 'I see.', providerMetadata: { p: { signature: 's' } } }]);
  });
});
