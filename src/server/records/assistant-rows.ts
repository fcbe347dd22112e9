/** How assistants stand in the records, and how they are answered. */
import { HTTPException } from 'hono/http-exception';
import type { Assistant } from '@langchain/langgraph-api/storage';
import type { AssistantRow } from './record-tables.js';
import { fromStored } from './stored-json.js';

/** The answer about an assistant that is not there, or not for the caller. */
export function assistantNotFound(): HTTPException {
  return new HTTPException(404, { message: 'Assistant not found' });
}

/** Reads a row as the routes answer it. */
export function toAssistant(row: AssistantRow): Assistant {
  return {
    ...row,
    config: fromStored(row.config),
    context: fromStored(row.context),
    metadata: fromStored(row.metadata),
    created_at: new Date(row.created_at),
    updated_at: new Date(row.updated_at),
  };
}
