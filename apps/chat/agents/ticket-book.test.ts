import { describe, expect, it } from 'vitest';
import { engines } from './testing/engines.ts';
import { TicketBook, type TicketRequest } from './ticket-book.ts';

const order = 'SR-1042';
const request = (kind: TicketRequest['kind'], openedBy: string) => ({ kind, order, about: 'broken', openedBy });
const eight = Array.from({ length: 8 }, (_, index) => `call ${index}`);

describe.each(engines)('the ticket book on %s', (_name, create) => {
  function books() {
    const storage = create();
    return [new TicketBook(storage), new TicketBook(storage)] as const;
  }

  it('settles an order once, of eight who ask at once on two servers', async () => {
    const [one, other] = books();
    const settle = (key: string, index: number) =>
      (index % 2 === 0 ? one : other).open('anna', request(index < 4 ? 'refund' : 'replacement', key));
    const outcomes = await Promise.allSettled(eight.map(settle));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [done] = await other.read('anna');
    const words = `SR-1042 was ${done?.kind === 'refund' ? 'refunded' : 'replaced'} already: see ticket T-1.`;
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(new Set(reasons)).toEqual(new Set([words]));
    expect(await one.read('anna')).toEqual([done]);
  });

  it('keeps each of eight questions that come at once, before and after an order is settled', async () => {
    const [one, other] = books();
    await one.open('anna', request('refund', 'refund'));
    await Promise.all(eight.map((key, index) => (index % 2 ? one : other).open('anna', request('question', key))));
    const tickets = await one.read('anna');
    expect(tickets.map(({ ticket }) => ticket)).toEqual([
      'T-1',
      'T-2',
      'T-3',
      'T-4',
      'T-5',
      'T-6',
      'T-7',
      'T-8',
      'T-9',
    ]);
    expect(tickets.map(({ status }) => status)).toEqual(['closed', ...eight.map(() => 'open')]);
  });

  it('opens one ticket for one call, however often it is carried out', async () => {
    const [one, other] = books();
    const same = request('refund', 'this call');
    const tickets = await Promise.all([one, other, one, other].map((book) => book.open('anna', same)));
    const ticket = { ticket: 'T-1', order, kind: 'refund', about: 'broken', status: 'closed' };
    expect([tickets, await one.read('anna')]).toEqual([[ticket, ticket, ticket, ticket], [ticket]]);
    const another = { ...same, order: 'SR-1078' };
    expect(await one.open('anna', another)).toMatchObject({ ticket: 'T-2', order: 'SR-1078' });
    expect(await one.open('anna', { ...same, kind: 'question' })).toMatchObject({ ticket: 'T-3', kind: 'question' });
  });

  it('closes a ticket once and for all, and refuses one that is not there', async () => {
    const [book, other] = books();
    await expect(book.close('anna', 'T-1')).rejects.toThrow('There is no such ticket. There are none yet.');
    await book.open('anna', request('question', 'a'));
    await book.open('anna', request('question', 'b'));
    const closed = { ticket: 'T-1', status: 'closed' };
    expect(await Promise.all([book.close('anna', 'T-1'), other.close('anna', 'T-1')])).toMatchObject([closed, closed]);
    await expect(book.close('anna', 'T-3')).rejects.toThrow('There are T-1, T-2.');
    expect(await book.read('anna')).toMatchObject([closed, { ticket: 'T-2', status: 'open' }]);
  });

  it('shows nobody the tickets of another, nor closes them', async () => {
    const [book] = books();
    await book.open('anna', request('refund', 'a'));
    await book.open('anna', request('question', 'b'));
    expect(await book.read('ben')).toEqual([]);
    await expect(book.close('ben', 'T-2')).rejects.toThrow('There are none yet');
    expect(await book.open('ben', request('refund', 'a'))).toMatchObject({ ticket: 'T-1', kind: 'refund' });
    expect(await book.read('anna')).toMatchObject([{ status: 'closed' }, { status: 'open' }]);
  });

  it('has an end', async () => {
    const [book] = books();
    for (let count = 0; count < 100; count++) await book.open('anna', request('question', String(count)));
    await expect(book.open('anna', request('question', 'one more'))).rejects.toThrow('There are 100 tickets already');
  });
});
