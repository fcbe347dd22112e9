export { ScriptedModel } from '../../src/testing/scripted-model.js';
export type { Said, ScriptedCall, ShownToModel, ShownTool, Step } from '../../src/testing/scripted-model.js';
