/** The door `graph-fleet/testing`: a package has one file for each door, and nothing of the project imports this one. */
export { cutConnection, holdAnswer, sendHtml, sendHuge, sendKeys } from './key-server.js';
export { sendPublishedKeys, sendText, startKeyServer } from './key-server.js';
export type { Answer, HeldAnswer, KeyServer } from './key-server.js';
export { createForgingKey, forgeToken, signText, toPart } from './forge-token.js';
export type { ForgingKey } from './forge-token.js';
export type { ForgedToken } from './forged-tokens.js';
export { createTokenIssuer } from './token-issuer.js';
export type { TokenIssuer } from './token-issuer.js';
export { startMcpTestServer } from './mcp-test-server.js';
export type {
  Interception,
  McpTestServer,
  McpTestServerOptions,
  RecordedRequest,
} from './mcp-test-server.js';
export type { HeldCall } from './call-holds.js';
export type { LiveSession, McpSessionOptions } from './mcp-sessions.js';
export { errorResult, textResult } from './test-tool.js';
export type { TestCaller, TestTool } from './test-tool.js';
export type { GateRefusal, RefusedRequest } from './token-gate.js';
export type { EchoPlace, RecordedCall } from './tool-server.js';
export { ScriptedModel } from './scripted-model.js';
export type { ScriptedCall, ShownToModel, ShownTool, Step } from './scripted-model.js';
export { openConversation } from './conversation.js';
export type {
  Conversation,
  ConversationGraph,
  ConversationOptions,
  ConversationState,
} from './conversation.js';
export { createManualClock } from './manual-clock.js';
export type { ManualClock } from './manual-clock.js';
export { agentAudience, startPeople } from './people.js';
export type { AgentSources, People, Person, StartPeopleOptions } from './people.js';
