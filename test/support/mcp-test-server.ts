export { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
export type {
  Interception,
  McpTestServer,
  McpTestServerOptions,
  RecordedRequest,
} from '../../src/testing/mcp-test-server.js';
export { errorResult, textResult } from '../../src/testing/test-tool.js';
export type { TestCaller, TestTool } from '../../src/testing/test-tool.js';
export type { RecordedCall } from '../../src/testing/tool-server.js';
