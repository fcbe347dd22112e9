/** The RDS agent over a stand-in for a platform of another generation, with a scripted model. */
import { MemorySaver } from '@langchain/langgraph';
import { createAwsRdsInstanceCreator } from '../../src/agents/aws-rds-instance-creator/agent.js';
import { createLogger } from '../../src/logger.js';
import type { Step } from '../../src/testing/scripted-model.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { startNewerPlatform } from './newer-platform.js';
import { startOlderPlatform } from './older-platform.js';
import type { StandInPlatform } from './stand-in-platform.js';
import type { Conversation } from './test-agent.js';
import { agentAudience, openConversation } from './test-agent.js';

/** The stand-ins by generation. */
export const standIns = { older: startOlderPlatform, newer: startNewerPlatform } as const;

/** An agent over one of them. */
export interface GenerationAgent {
  readonly platform: StandInPlatform;
  readonly model: ScriptedModel;
  readonly thread: Conversation;
  /** Every line that was logged. */
  readonly lines: readonly string[];
  /** Everything that the checkpointer keeps. */
  kept(): string;
}

/** Compiles the agent over a running stand-in. */
export function openGenerationAgent(platform: StandInPlatform, steps: readonly Step[]): GenerationAgent {
  const { issuer, jwks, token } = createTokenIssuer([agentAudience, platform.url]);
  const model = new ScriptedModel(...steps);
  const checkpointer = new MemorySaver();
  const lines: string[] = [];
  const { graph } = createAwsRdsInstanceCreator({
    model,
    checkpointer,
    mcpServers: { platform: platform.entry },
    tokens: { issuer, audience: agentAudience, jwks },
    logger: createLogger({ format: 'json', level: 'debug', write: (line) => lines.push(line) }),
  });
  // The test agents’ graphs differ in their state’s type alone.
  const thread = openConversation(graph as never, 'thread-1', () => token('alice'));
  const kept = () =>
    JSON.stringify([checkpointer.storage, checkpointer.writes], (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
  return { platform, model, thread, lines, kept };
}
