export { createTokenIssuer } from '../../src/testing/token-issuer.js';
export type { TokenIssuer } from '../../src/testing/token-issuer.js';
