import type { TestClient } from '../api.fixture.ts';
import { type Answer, call, problemsOf } from '../http/call.fixture.ts';

/** What tests look at in a prompt. */
export interface PromptBody {
  id: string;
  name: string;
  description: string | null;
  template: string;
  variables: unknown[];
  version: number;
  status: string;
  tags: string[];
  createdAt: string;
  updatedAt: string;
  publishedAt: string | null;
  warnings: unknown[];
  validations: unknown[];
  code: string;
}

export interface PromptAnswer extends Omit<Answer, 'body'> {
  body: PromptBody;
  etag: string;
}

/** What is said about a request that was refused as `INVALID_REQUEST`, as `code pointer`, sorted. */
export function promptProblems({ status, headers, text }: PromptAnswer): string[] {
  return problemsOf({ status, headers, text, body: JSON.parse(text) }).toSorted();
}

/** A body that is accepted. */
export const greeting = {
  name: 'Greeting',
  description: 'Says hello',
  template: 'Hello {{name}}!',
  variables: [{ name: 'name', type: 'string', required: true }],
  tags: ['short', 'polite'],
};

/** Everything that a user does with prompts, as the user of this key. */
export function promptClient(url: string, { apiKey }: Pick<TestClient, 'apiKey'>) {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<PromptAnswer> => {
    const sent = { authorization: `Bearer ${apiKey}`, ...headers };
    const { body: json, ...answer } = await call(`${url}/v1/prompts${path}`, { method, body, headers: sent });
    return { ...answer, body: json as unknown as PromptBody, etag: answer.headers.get('etag') ?? '' };
  };
  const ifMatch = (tag?: string): Record<string, string> => (tag === undefined ? {} : { 'if-match': tag });
  return {
    send,
    create: (changes: object = {}) => send('POST', '', { ...greeting, ...changes }),
    read: (id: string) => send('GET', `/${id}`),
    change: (id: string, changes: unknown, tag?: string) => send('PATCH', `/${id}`, changes, ifMatch(tag)),
    publish: (id: string, tag?: string) => send('POST', `/${id}/publish`, undefined, ifMatch(tag)),
    archive: (id: string, tag?: string) => send('POST', `/${id}/archive`, undefined, ifMatch(tag)),
    remove: (id: string, tag?: string) => send('DELETE', `/${id}`, undefined, ifMatch(tag)),
    restore: (id: string, version: number | string, tag?: string) =>
      send('POST', `/${id}/versions/${version}/restore`, undefined, ifMatch(tag)),
  };
}
