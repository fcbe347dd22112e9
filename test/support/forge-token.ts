export { createForgingKey, forgeToken, signText, toPart } from '../../src/testing/forge-token.js';
export type { ForgingKey } from '../../src/testing/forge-token.js';
