import { Chat } from '@ai-sdk/react';
import { createChatTransport, type StateroomTransport } from '@stateroom/ai-sdk/client';
import type { ClientView } from '@stateroom/orchestration';
import { generateId, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai';
import { isOvertaken, isRefusal, isTurnInTheWay } from './chat-fault.ts';
import { type ChatMessage, orchestrationPart, textOf } from './chat-message.ts';
import { type PendingMessage, type PendingSlot, pendingSlotOf, toChatMessage } from './pending-message.ts';
import { fetchHistory, type SessionHistory } from './session-history.ts';

export type SessionChatOptions = {
  readonly agentId: string;
  readonly sessionId: string;
  readonly history: SessionHistory;
  readonly onView: (view: ClientView | null) => void;
  /** Given the words of a message that is taken out of the conversation. */
  readonly onTakenBack: (text: string) => void;
};

/** The AI SDK's chat of a session, held against what the server keeps. */
export class SessionChat {
  readonly chat: Chat<ChatMessage>;
  readonly #options: SessionChatOptions;
  readonly #pending: PendingSlot;
  readonly #transport: StateroomTransport<ChatMessage>;
  /** The turns that are shown here, and those that the server has told of. */
  #shownTurns: number;
  #toldTurns: number;
  #requests = 0;

  constructor(options: SessionChatOptions) {
    this.#options = options;
    this.#pending = pendingSlotOf(options.sessionId);
    this.#shownTurns = this.#toldTurns = turnsOf(options.history.view);
    const { agentId, history } = options;
    const { runningTurnId } = history;
    this.#transport = createChatTransport({ agentId, runningTurnId, onTaken: () => this.#pending.forget() });
    this.chat = new Chat<ChatMessage>({
      id: options.sessionId,
      messages: [...history.messages],
      transport: this.#transport,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
      onData: (part) => part.type === orchestrationPart && this.#onStored(part.data),
      onError: (error) => this.#onError(error),
      onFinish: ({ isError }) => this.#onFinish(isError ? 0 : 1),
    });
  }

  /** Whether a message was sent of which it is not known that it is stored. */
  get isWaiting(): boolean {
    return this.#pending.read() !== null;
  }

  /** Brings a page up to date that was drawn earlier, or that a message was sent from; whether that one is still waited for. */
  async open(isOld: boolean): Promise<boolean> {
    if (this.isWaiting) this.show(this.#options.history);
    if (isOld && !this.isWaiting) await this.refresh();
    else if (this.#options.history.runningTurnId !== null) void this.chat.resumeStream();
    return this.isWaiting;
  }

  /** Follows a turn that another window has begun. */
  async catchUp(): Promise<void> {
    const turnId = await this.#transport.findTurn(this.#options.sessionId).catch(() => null);
    if (turnId !== null && this.chat.status === 'ready') await this.refresh();
  }

  /** Ends the turn that runs. What was said until then stays. */
  async stop(): Promise<void> {
    await this.#transport.stopTurn(this.#options.sessionId).catch(() => this.chat.stop());
  }

  /** Says yes or no to a call that asks; sent once all that is asked has its answer. */
  async answer(approvalId: string, isApproved: boolean): Promise<void> {
    this.#requests += 1;
    await this.chat.addToolApprovalResponse({ id: approvalId, approved: isApproved });
  }

  send(text: string): void {
    const message = { id: generateId(), text };
    this.#begin(message);
    void this.chat.sendMessage(toChatMessage(message));
  }

  /** The guest's last message once more, to the letter and under its id, so that it stands in the history once. */
  sendAgain(): void {
    const message = this.chat.messages.findLast(({ role }) => role === 'user');
    if (message === undefined) return;
    this.#begin({ id: message.id, text: textOf(message) });
    void this.chat.regenerate({ messageId: message.id });
  }

  /** Takes a message that is not stored out of the conversation, and gives its words back. */
  takeBack(): void {
    const waiting = this.#pending.read();
    if (waiting === null) return;
    this.#pending.forget();
    this.chat.messages = this.chat.messages.filter(({ id }) => id !== waiting.id);
    this.#options.onTakenBack(waiting.text);
  }

  /** Shows a history, and below it the message that was sent and is not in it. */
  show({ messages, view, runningTurnId }: SessionHistory): void {
    const waiting = this.#pending.read();
    const isStored = messages.some(({ id }) => id === waiting?.id);
    if (isStored) this.#pending.forget();
    this.chat.messages = [...messages, ...(waiting === null || isStored ? [] : [toChatMessage(waiting)])];
    this.#shownTurns = this.#toldTurns = turnsOf(view);
    this.#options.onView(view);
    this.#transport.expectTurn(runningTurnId);
  }

  /** Shows what the server has, and goes on with the turn that runs; false when it does not answer, or when a message was sent while it did. */
  async refresh(): Promise<boolean> {
    const { agentId, sessionId } = this.#options;
    const requests = this.#requests;
    const history = await fetchHistory(agentId, sessionId);
    if (history === null || requests !== this.#requests) return false;
    this.show(history);
    if (history.runningTurnId !== null) void this.chat.resumeStream();
    return true;
  }

  #begin(message: PendingMessage): void {
    this.#requests += 1;
    this.#pending.keep(message);
  }

  /** The one data part comes when the turn is stored, whether or not the model failed in it. */
  #onStored(view: ClientView): void {
    this.#pending.forget();
    this.#toldTurns = view.turnCount;
    this.#options.onView(view);
  }

  #onError(error: Error): void {
    if (isRefusal(error) || isTurnInTheWay(error)) this.takeBack();
    if (isOvertaken(error)) void this.#showWhatIs();
  }

  /** Another window has gone on with the session, and this page has not seen it. */
  async #showWhatIs(): Promise<void> {
    if (await this.refresh()) this.chat.clearError();
  }

  /** Turns that another window has added come with the history alone. */
  #onFinish(ownTurns: number): void {
    if (this.#toldTurns > this.#shownTurns + ownTurns) void this.refresh();
    this.#shownTurns = this.#toldTurns;
  }
}

function turnsOf(view: ClientView | null): number {
  return view?.turnCount ?? 0;
}
