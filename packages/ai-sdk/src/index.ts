export { type Agent, type AgentOptions, defineAgent } from './agent.ts';
export { type ChatRoute, type ChatRouteOptions, createChatRoute } from './chat-route.ts';
export type { ChatLimits } from './chat-request.ts';
export { loadConversation } from './conversation.ts';
export type { ErrorBody } from './error-response.ts';
export { ToolRefusal } from './guard-tools.ts';
export { statePart } from './run-turn.ts';
export { closeMessage } from './transcript.ts';
