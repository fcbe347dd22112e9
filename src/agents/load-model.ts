/** The chat model that a `MODEL` setting names. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ChatOpenAI, ChatOpenAICompletions } from '@langchain/openai';
import { ConfigError } from '../errors.js';
import { createOfflineModel } from './offline-model/offline-model.js';

const openAiSpec = /^openai:(\S{1,200})$/;

/** Sent when a base URL is given without a key: the client library refuses to call without one. */
const placeholderKey = 'no-key';

/** Where an OpenAI model is reached. */
export interface LoadModelOptions {
  /** Key of the endpoint. Left out: a placeholder with a base URL, else the first call is refused. */
  readonly apiKey?: string | undefined;
  /** Root of any OpenAI-compatible API, e.g. `http://127.0.0.1:8000/v1`; OpenAI’s own when left out. */
  readonly baseUrl?: string | undefined;
}

/**
 * Makes the chat model that `spec` names: `offline`, or `openai:<name>` over the chat completions API.
 * Opens no connection and needs no key to do so.
 *
 * @throws {@link ConfigError} naming `MODEL` when `spec` has neither form.
 */
export function loadModel(spec: string, options: LoadModelOptions = {}): BaseChatModel {
  if (spec === 'offline') return createOfflineModel();
  const model = openAiSpec.exec(spec)?.[1];
  if (model === undefined) {
    throw new ConfigError('MODEL', 'give "offline", or "openai:<name>", e.g. "openai:gpt-5-mini".');
  }
  const { apiKey, baseUrl } = options;
  if (baseUrl === undefined) return new ChatOpenAI({ model, apiKey, useResponsesApi: false });
  // ChatOpenAI sends some model names to the Responses API whatever it is told; other servers seldom have that.
  return new ChatOpenAICompletions({
    model,
    apiKey: apiKey ?? placeholderKey,
    configuration: { baseURL: baseUrl },
  });
}
