/** A scripted model that plays the RDS flow the way a chat model does: one look at the conversation, one answer. */
import type { ScriptedAnswer } from './openai-answer.js';
import type { ChatMessage, ChatRequest } from './openai-request-rules.js';

/** What the model creates when it is asked to. */
export interface RdsWish {
  readonly name: string;
  readonly environment: string;
}

/** Answers a request of the RDS agent: looks, creates, reports, and tells the state. */
export function playRds({ messages, tools = [] }: ChatRequest): ScriptedAnswer {
  const offered = new Set(tools.map((tool) => tool.function.name));
  const last = messages.at(-1);
  if (last?.role === 'tool') return afterTools(messages);
  const text = textOf(last);
  if (text.includes('state'))
    return { calls: [{ name: 'get_cloud_resource_by_id', args: { resource_id: findId(messages) } }] };
  if (!offered.has('create_cloud_resource')) {
    return { text: 'create_cloud_resource is not offered to you; an administrator can grant it.' };
  }
  const wish = readWish(messages);
  if (wish === undefined)
    return { text: 'Which name shall it have, and which two subnets? — “café” is a fine name.' };
  return {
    text: 'I look around first.',
    calls: [
      { name: 'list_organizations', args: {} },
      {
        name: 'search_cloud_resources',
        args: { org_id: 'acme', env_names: [wish.environment], search_text: wish.name },
      },
    ],
  };
}

function afterTools(messages: readonly ChatMessage[]): ScriptedAnswer {
  const answered = lastCalls(messages);
  const content = textOf(messages.at(-1));
  if (answered.includes('search_cloud_resources')) return createCall(readWish(messages));
  if (content.includes('"outcome":"permission-denied"'))
    return { text: 'You do not have the permission for that: “create”.' };
  if (content.includes('"outcome"')) return { text: 'That was not done. How shall we go on?' };
  const { name, state } = JSON.parse(content) as { readonly name: string; readonly state: string };
  return { text: `The instance ${name} is ${state} — as you wished.` };
}

function createCall(wish: RdsWish | undefined): ScriptedAnswer {
  const spec = {
    engine: 'postgres',
    engine_version: '16.4',
    instance_class: 'db.t3.small',
    allocated_storage_gb: 20,
    username: 'app_admin',
    subnet_ids: ['subnet-a1', 'subnet-b2'],
    publicly_accessible: false,
  };
  const args = {
    cloud_resource_kind: 'AwsRdsInstance',
    org_id: 'acme',
    env_name: wish?.environment ?? 'dev',
    resource_name: wish?.name ?? 'unnamed',
    spec,
    description: 'Für die Bestellungen: "orders" \\ 数据库',
  };
  return {
    text: 'It costs money, and its storage never shrinks.',
    calls: [{ name: 'create_cloud_resource', args }],
  };
}

function readWish(messages: readonly ChatMessage[]): RdsWish | undefined {
  const said = messages.flatMap((message) => (message.role === 'user' ? [textOf(message)] : [])).join(' ');
  const name = [...said.matchAll(/call it ([a-z][a-z0-9-]*)/gi)].at(-1)?.[1];
  if (name === undefined && /\bcreate\b/.test(said)) return { name: 'orders-db', environment: 'dev' };
  return name === undefined ? undefined : { name, environment: 'dev' };
}

function lastCalls(messages: readonly ChatMessage[]): readonly string[] {
  const message = messages.findLast(({ role }) => role === 'assistant');
  return message?.role === 'assistant' ? (message.tool_calls ?? []).map((call) => call.function.name) : [];
}

function findId(messages: readonly ChatMessage[]): string {
  const ids = messages.flatMap((message) =>
    message.role === 'tool' ? (/res_[0-9a-f]{32}/.exec(textOf(message)) ?? []) : [],
  );
  return ids.at(-1) ?? 'res_unknown';
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}
