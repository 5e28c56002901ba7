import { Chat } from '@ai-sdk/react';
import {
  createChatTransport,
  type SessionEvent,
  type SessionsClient,
  type StateroomTransport,
} from '@stateroom/ai-sdk/client';
import type { ClientView } from '@stateroom/orchestration';
import { generateId, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai';
import { faultCodeOf, isOvertaken, isRefusal, isTurnInTheWay } from './chat-fault.ts';
import { type ChatMessage, orchestrationPart, textOf } from './chat-message.ts';
import { type PendingMessage, type PendingSlot, pendingSlotOf, toChatMessage } from './pending-message.ts';
import { historyOf, type SessionHistory } from './session-history.ts';

export type SessionChatOptions = {
  readonly agentId: string;
  readonly sessionId: string;
  readonly history: SessionHistory;
  readonly sessions: SessionsClient<ChatMessage>;
  readonly listener: SessionListener;
};

type SessionListener = {
  /** Called with all that the server keeps, whenever it was asked. */
  readonly onHistory: (history: SessionHistory) => void;
  /** Called when a turn of this page is stored. */
  readonly onView: (view: ClientView) => void;
  /** Called when a message was taken: from then on the session is there. */
  readonly onTaken: () => void;
  /** Given the words of a message that is taken out of the conversation. */
  readonly onTakenBack: (text: string) => void;
  /** Called when the session was there, and is not any more. */
  readonly onGone: () => void;
};

/** The AI SDK's chat of a session, held against what the server keeps. */
export class SessionChat {
  readonly chat: Chat<ChatMessage>;
  readonly #options: SessionChatOptions;
  readonly #pending: PendingSlot;
  readonly #transport: StateroomTransport<ChatMessage>;
  /** What is shown here, as the server had it. */
  #shown: Pick<SessionHistory, 'version' | 'runningTurnId'>;
  #requests = 0;

  constructor(options: SessionChatOptions) {
    const { agentId, sessionId, history } = options;
    this.#options = options;
    this.#pending = pendingSlotOf(sessionId);
    this.#shown = history;
    const { runningTurnId } = history;
    this.#transport = createChatTransport({ agentId, runningTurnId, onTaken: () => this.#onTaken() });
    this.chat = new Chat<ChatMessage>({
      id: sessionId,
      messages: [...history.messages],
      transport: this.#transport,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
      onData: (part) => part.type === orchestrationPart && this.#onStored(part.data),
      onError: (error) => this.#onError(error),
      onFinish: ({ isError, isAbort }) => void (!isError && !isAbort && this.refresh()),
    });
  }

  /** Whether a message was sent of which it is not known that it is stored. */
  get isWaiting(): boolean {
    return this.#pending.read() !== null;
  }

  /** Whether an answer comes, or is awaited. */
  get isAnswering(): boolean {
    return this.chat.status === 'submitted' || this.chat.status === 'streaming';
  }

  /** Brings a page up to date that was drawn earlier, or that a message was sent from; whether that one is still waited for. */
  async open(isOld: boolean): Promise<boolean> {
    if (this.isWaiting) this.show(this.#options.history);
    if (isOld && !this.isWaiting) await this.refresh();
    else if (this.#options.history.runningTurnId !== null) void this.chat.resumeStream();
    return this.isWaiting;
  }

  /** Shows at once what other windows do in the session, until the signal ends it. */
  async watch(signal: AbortSignal): Promise<void> {
    const { sessions, sessionId, listener } = this.#options;
    const onEvent = (event: SessionEvent) => void this.#onEvent(event);
    // Nothing but that it is gone comes out of a watch.
    await sessions.watch(sessionId, { onEvent, signal }).catch(listener.onGone);
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

  /** Says a message in other words: all that came after it is taken back, and it is answered anew. */
  sayInstead(messageId: string, text: string): void {
    this.#begin({ id: messageId, text });
    void this.chat.sendMessage({ text, messageId });
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
    this.#options.listener.onTakenBack(waiting.text);
  }

  /** Shows a history, and below it the message that was sent and is not in it. */
  show(history: SessionHistory): void {
    const waiting = this.#pending.read();
    const isStored = history.messages.some(({ id }) => id === waiting?.id);
    if (isStored) this.#pending.forget();
    this.chat.messages = [...history.messages, ...(waiting === null || isStored ? [] : [toChatMessage(waiting)])];
    this.#shown = history;
    this.#options.listener.onHistory(history);
    this.#transport.expectTurn(history.runningTurnId);
  }

  /** Shows what the server has, and goes on with the turn that runs; false when it does not answer, or when a message was sent while it did. */
  async refresh(): Promise<boolean> {
    const { sessions, sessionId, listener } = this.#options;
    const requests = this.#requests;
    const conversation = await sessions.get(sessionId).catch(() => undefined);
    if (conversation === undefined || requests !== this.#requests || this.isAnswering) return false;
    const wasThere = this.#shown.version !== null;
    if (conversation === null && wasThere) {
      listener.onGone();
      return true;
    }
    this.show(historyOf(conversation));
    if (conversation !== null && conversation.runningTurnId !== null) void this.chat.resumeStream();
    return true;
  }

  #begin(message: PendingMessage): void {
    this.#requests += 1;
    this.#pending.keep(message);
  }

  #onTaken(): void {
    this.#pending.forget();
    this.#options.listener.onTaken();
  }

  /** The one data part comes when the turn is stored, whether or not the model failed in it. */
  #onStored(view: ClientView): void {
    this.#pending.forget();
    this.#options.listener.onView(view);
  }

  /** What happens while an answer comes here is seen at its end. */
  async #onEvent({ version, runningTurnId }: SessionEvent): Promise<void> {
    const isShown = version === this.#shown.version && runningTurnId === this.#shown.runningTurnId;
    const { error } = this.chat;
    if (isShown || this.isAnswering) return;
    const isBrokenOff = error !== undefined && faultCodeOf(error) === null;
    if ((await this.refresh()) && isBrokenOff && !this.isWaiting && this.chat.status === 'error')
      this.chat.clearError();
  }

  #onError(error: Error): void {
    if (faultCodeOf(error) === 'NOT_FOUND') this.#options.listener.onGone();
    if (isRefusal(error) || isTurnInTheWay(error)) this.takeBack();
    if (isOvertaken(error)) void this.#showWhatIs();
  }

  /** Another window has gone on with the session, and this page has not seen it. */
  async #showWhatIs(): Promise<void> {
    if (await this.refresh()) this.chat.clearError();
  }
}
