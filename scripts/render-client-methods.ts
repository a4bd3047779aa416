/** What is read of the OpenAPI document to write the client's methods. */
export interface ApiDocument {
  paths: Record<string, Record<string, ApiOperation>>;
  components: { examples: Record<string, unknown> };
}

interface ApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Array<{ in: string; name: string; required?: boolean; schema: { type?: string } }>;
  requestBody?: { required?: boolean };
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}

/** An operation with its place. */
interface Placed extends ApiOperation {
  method: string;
  path: string;
}

const notice = '// Made of docs/api/openapi.json by `node scripts/render-docs.ts`; a test compares them.';

/** The text that tells the client where each operation is, and which errors there are. */
export function renderRoutes(document: ApiDocument): string {
  const codes = Object.keys(document.components.examples).sort();
  return `${notice}
import type { Route } from '../prepare.ts';
import type { OperationId } from '../types.ts';

/** Codes of the API. */
export type ErrorCode =
${codes.map((code) => `  | '${code}'`).join('\n')};

export const routes: Record<OperationId, Route> = {
${operationsOf(document).map(renderRoute).join('\n')}
};
`;
}

/** The text of the client's methods: one for every operation but streams, whose reading is written by hand. */
export function renderMethods(document: ApiDocument): string {
  const byTag = Map.groupBy(operationsOf(document), ({ tags: [tag = ''] }) => tag);
  const resources = [...byTag]
    .filter(([, operations]) => !operations.every(isStream))
    .map(([tag, operations]) => ({
      name: camelCase(tag),
      factory: `${camelCase(singular(tag))}Methods`,
      methods: renderResource(tag, operations),
    }));
  return `${notice}
import type { Calls } from '../calls.ts';
import type { Body, CallOptions, Query } from '../types.ts';
${resources.map(({ factory, methods }) => `\nexport function ${factory}(calls: Calls) {\n  return {\n${methods}  };\n}\n`).join('')}
/** Everything that can be asked of the API, by what it is about. */
export class Resources {
${resources.map(({ name, factory }) => `  readonly ${name}: ReturnType<typeof ${factory}>;`).join('\n')}

  constructor(calls: Calls) {
${resources.map(({ name, factory }) => `    this.${name} = ${factory}(calls);`).join('\n')}
  }
}
`;
}

function operationsOf({ paths }: ApiDocument): Placed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ ...one, method, path })),
  );
}

function renderRoute({ operationId, method, path, parameters = [] }: Placed): string {
  const takesKey = parameters.some(({ name }) => name === 'Idempotency-Key');
  const route = `method: '${method.toUpperCase()}', path: '${path}'${takesKey ? ', takesKey: true' : ''}`;
  return `  ${operationId}: { ${route} },`;
}

function renderResource(tag: string, operations: Placed[]): string {
  return operations
    .filter((one) => !isStream(one))
    .map((one) => `${renderComment(one)}\n${renderMethod(tag, one, operations)}\n`)
    .join('');
}

function renderComment({ summary, description = '' }: Placed): string {
  const text = description.replaceAll('*/', '*\\/');
  return `    /**\n     * ${summary}.\n     *\n     * ${text}\n     */`;
}

function renderMethod(tag: string, one: Placed, operations: Placed[]): string {
  const { operationId, path, parameters = [], requestBody } = one;
  const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const ofQuery = parameters.filter((parameter) => parameter.in === 'query');
  const mustAsk = ofQuery.some(({ required }) => required);
  const type = (name: string) => `${name}<'${operationId}'>`;
  const taken = [
    ...ids.map((name) => `${name}: ${pathType(name, one)}`),
    ...(requestBody ? [`body${requestBody.required ? '' : '?'}: ${type('Body')}`] : []),
    ...(ofQuery.length > 0 ? [`query${mustAsk ? '' : '?'}: ${type('Query')}`] : []),
    'options?: CallOptions',
  ];
  const given = [
    ...(ids.length > 0 ? [`path: { ${ids.join(', ')} }`] : []),
    ...(requestBody ? ['body'] : []),
    ...(ofQuery.length > 0 ? ['query'] : []),
    '...options',
  ];
  const verb = isList(one) ? 'list' : 'call';
  return `    ${methodName(tag, one, operations)}: (${taken.join(', ')}) =>\n      calls.${verb}('${operationId}', { ${given.join(', ')} }),`;
}

function pathType(name: string, { parameters = [] }: Placed): string {
  const known = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name);
  return known?.schema.type === 'integer' ? 'number' : 'string';
}

/** Without what the resource says already: `prompts.listVersions` calls `listPromptVersions`. */
function methodName(tag: string, one: Placed, operations: Placed[]): string {
  const noun = pascalCase(singular(tag));
  const { operationId } = one;
  const single = operationId.replace(new RegExp(`${noun}(?=$|[A-Z])`), '');
  if (single !== operationId) return single;
  const plural = operationId.replace(new RegExp(`${pascalCase(tag)}(?=$|[A-Z])`), '');
  if (plural === operationId) return operationId;
  const isTaken = operations.some(
    (other) => other.operationId === operationId.replace(pascalCase(tag), noun),
  );
  return isTaken ? `${plural}Many` : plural;
}

/** Whether it answers a page. */
function isList({ responses }: Placed): boolean {
  return Boolean(responses['200']?.content?.['application/json']?.schema.$ref?.endsWith('Page'));
}

function isStream({ responses }: Placed): boolean {
  return responses['200']?.content?.['text/event-stream'] !== undefined;
}

function singular(tag: string): string {
  return tag.replace(/s$/, '');
}

function pascalCase(words: string): string {
  return words
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}

function camelCase(words: string): string {
  const name = pascalCase(words);
  return name.charAt(0).toLowerCase() + name.slice(1);
}
