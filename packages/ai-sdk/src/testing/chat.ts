import { AbstractChat, type ChatState, type UIMessage } from 'ai';
import type { ChatRoute } from '../chat/chat-route.ts';

/** The SDK's own chat, without React. */
export class Chat extends AbstractChat<UIMessage> {}

export class PlainState implements ChatState<UIMessage> {
  status: ChatState<UIMessage>['status'] = 'ready';
  error: Error | undefined = undefined;
  messages: UIMessage[] = [];
  pushMessage = (message: UIMessage) => {
    this.messages = [...this.messages, message];
  };
  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };
  replaceMessage = (index: number, message: UIMessage) => {
    this.messages = this.messages.with(index, message);
  };
  snapshot = <T>(value: T): T => structuredClone(value);
}

/** A browser's fetch, whose server is the route. */
export function fetchFrom(route: ChatRoute, owner = 'me'): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, 'http://localhost');
    const request = new Request(url, init);
    request.headers.set('x-owner', owner);
    const method = request.method === 'GET' || request.method === 'DELETE' ? request.method : 'POST';
    return route[method](request);
  };
}
