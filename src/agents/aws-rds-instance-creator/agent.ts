/** The RDS agent: a model, its wrappers and the middleware, compiled before any user is known. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { createAgent, createMiddleware } from 'langchain';
import { z } from 'zod';
import type { McpToolsMiddlewareOptions } from '../../middleware/mcp-tools.js';
import { mcpToolsMiddleware } from '../../middleware/mcp-tools.js';
import { addConditionalEntry } from '../../runtime/conditional-entry.js';
import { sealRunConfig } from '../../runtime/seal-run-config.js';
import { toSystemPrompt } from './prompts.js';
import { rdsTools } from './tools.js';

/** What {@link createAwsRdsInstanceCreator} is made of. */
export interface AwsRdsInstanceCreatorOptions extends Omit<McpToolsMiddlewareOptions, 'tools'> {
  /** The chat model. */
  readonly model: BaseChatModel;
  /** Where threads are kept; approvals stand in it too. */
  readonly checkpointer: BaseCheckpointSaver;
}

const slug = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/);

/** What a run may say about where it works; `configurable` of the same names counts too. */
export const runContext = z.object({
  org: slug.optional().describe('Organization, id or slug; the agent asks when it is left out.'),
  env: slug.optional().describe('Environment slug; the agent asks when it is left out.'),
});

/** Creates the agent, its graph sealed. It opens no connection and needs no token, no server and no key. */
export function createAwsRdsInstanceCreator(options: AwsRdsInstanceCreatorOptions) {
  const { model, checkpointer, ...sources } = options;
  const mcpTools = mcpToolsMiddleware({ ...sources, tools: rdsTools });
  const agent = createAgent({
    name: 'aws_rds_instance_creator',
    description: 'Creates AWS RDS instances as the person who asked.',
    model,
    tools: [...rdsTools],
    contextSchema: runContext,
    checkpointer,
    middleware: [mcpTools, runPlaceMiddleware()],
  });
  addConditionalEntry(agent.graph, mcpTools.entry);
  sealRunConfig(agent.graph, mcpTools.admit);
  return agent;
}

/** Tells the model the run’s organization and environment. */
function runPlaceMiddleware() {
  return createMiddleware({
    name: 'RunPlaceMiddleware',
    contextSchema: runContext,
    wrapModelCall: (request, handler) => {
      const { context, configurable } = request.runtime;
      const organization = context.org ?? readSlug(configurable?.org);
      const environment = context.env ?? readSlug(configurable?.env);
      // Before what stands there already: mcpToolsMiddleware tells the model which servers are missing.
      const systemPrompt = toSystemPrompt({ organization, environment }) + request.systemMessage.text;
      return handler({ ...request, systemPrompt });
    },
  });
}

/** A slug of the run config; anything else is text that must not reach the system prompt. */
function readSlug(value: unknown): string | undefined {
  return slug.safeParse(value).data;
}
