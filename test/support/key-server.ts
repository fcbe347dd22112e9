export { sendKeys, sendText, startKeyServer } from '../../src/testing/key-server.js';
export type { Answer } from '../../src/testing/key-server.js';
