export { type Agent, type AgentOptions, defineAgent } from './agent.ts';
export { type Conversation, loadConversation } from './agent-room.ts';
export type { ChatLimits } from './chat-request.ts';
export { type ChatRoute, type ChatRouteOptions, createChatRoute } from './chat-route.ts';
export type { ErrorBody } from './error-response.ts';
export { ToolRefusal } from './guard-tools.ts';
export { statePart, steeredPart } from './run-agent.ts';
export { sessionOf, type ToolSession } from './tool-session.ts';
export { closeMessage } from './transcript.ts';
