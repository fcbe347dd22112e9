/** Local tools that stand for the cloud platform, and an agent that talks to them. */
import { HumanMessage } from '@langchain/core/messages';
import { MemorySaver } from '@langchain/langgraph';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
import { createOfflineModel } from '../../../../src/agents/offline-model/offline-model.js';
import { awsRdsInstanceSpec } from '../../../../src/contracts/aws-rds-instance.js';
import type { CloudResource, CloudResourceToolName } from '../../../../src/contracts/cloud-resource-tools.js';
import { cloudResourceTools } from '../../../../src/contracts/cloud-resource-tools.js';
import type { FailedOutcome } from '../../../../src/outcomes.js';
import { toOutcomeMessage } from '../../../../src/middleware/outcome-message.js';

type Args = Record<string, unknown>;

/** What a stand-in answers: a value, or a failed outcome; `undefined` lets the usual answer stand. */
export type Reply = (args: Args, call: number) => FailedOutcome | { readonly value: unknown } | undefined;

export interface StandInOptions {
  readonly organizations?: readonly string[];
  readonly environments?: readonly string[];
  readonly system?: string;
  readonly offered?: readonly CloudResourceToolName[];
  readonly replies?: Partial<Record<CloudResourceToolName, Reply>>;
}

export interface MadeCall {
  readonly name: string;
  readonly args: Args;
}

function toPlaces(slugs: readonly string[]) {
  return slugs.map((slug) => ({ id: `id-${slug}`, slug, name: slug.toUpperCase(), description: '' }));
}

function withoutSpec({ spec: _, ...rest }: CloudResource) {
  return rest;
}

/** Creates an agent of the offline model whose tools stand for the platform; `ask` sends one message of the person. */
export function createStandIn(options: StandInOptions = {}) {
  const { organizations = ['acme'], environments = ['dev', 'staging', 'prod'], replies = {} } = options;
  const stored: CloudResource[] = [];
  const calls: MadeCall[] = [];

  const usual: Record<CloudResourceToolName, (args: Args) => unknown> = {
    list_organizations: () => toPlaces(organizations),
    list_environments_for_org: () => toPlaces(environments),
    list_cloud_resource_kinds: () => [
      { kind: 'AwsRdsInstance', provider: 'aws', description: 'A database.' },
    ],
    get_cloud_resource_schema: () => ({
      kind: 'AwsRdsInstance',
      description: 'A database.',
      schema: z.toJSONSchema(awsRdsInstanceSpec),
    }),
    search_cloud_resources: ({ search_text: text = '', env_names: names }) =>
      stored
        .filter(
          ({ name, env }) => name.includes(String(text)) && (!Array.isArray(names) || names.includes(env)),
        )
        .map(withoutSpec),
    get_cloud_resource_by_id: ({ resource_id: id }) => stored.find((resource) => resource.id === id),
    create_cloud_resource: (args) => store(args),
  };

  const store = (args: Args): CloudResource => {
    const resource: CloudResource = {
      id: `res_${stored.length + 1}`,
      name: String(args['resource_name']),
      cloud_resource_kind: 'AwsRdsInstance',
      org: String(args['org_id']),
      env: String(args['env_name']),
      state: 'pending',
      created_by: 'alice',
      created_at: '2030-01-01T00:00:00Z',
      spec: args['spec'] as Args,
      credentials_url: 'http://127.0.0.1:8090/resources/res_1/credentials',
    };
    stored.push(resource);
    return resource;
  };

  const offered = options.offered ?? (Object.keys(cloudResourceTools) as CloudResourceToolName[]);
  const tools = offered.map((name) =>
    tool(
      (args, config: { toolCall?: { id?: string } }) => {
        calls.push({ name, args });
        const reply = replies[name]?.(args, calls.filter((call) => call.name === name).length);
        if (reply !== undefined && 'outcome' in reply)
          return toOutcomeMessage(reply, { name, id: config.toolCall?.id });
        return JSON.stringify(reply?.value ?? usual[name](args));
      },
      { name, description: name, schema: cloudResourceTools[name] },
    ),
  );

  const agent = createAgent({
    model: createOfflineModel(),
    tools,
    systemPrompt: options.system ?? 'You create databases.',
    checkpointer: new MemorySaver(),
  });
  const config = { configurable: { thread_id: 'one' } };

  const ask = async (text: string): Promise<string> => {
    const { messages } = await agent.invoke({ messages: [new HumanMessage(text)] }, config);
    return messages.at(-1)?.text ?? '';
  };
  return {
    ask,
    agent,
    config,
    calls,
    stored,
    store,
    called: (name: string) => calls.filter((call) => call.name === name),
  };
}

/** A request that leaves nothing open. */
export const fullRequest =
  'Create a PostgreSQL 16.4 instance called orders-db in dev: db.t3.small, 20 GB, private, subnet-a1 and subnet-b2.';
