import type { JsonObject } from '@formaops/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An answer of the API. */
interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: JsonObject;
}

/** What is read of an OpenAPI document here. */
interface Document {
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { headers: Record<string, JsonObject> };
}

interface DescribedOperation {
  responses: Record<string, DescribedAnswer>;
}

interface DescribedAnswer {
  content?: Record<string, JsonObject>;
  headers?: Record<string, JsonObject>;
}

interface Description {
  document: Document;
  patterns: Array<[path: string, pattern: RegExp]>;
  ajv: Ajv2020;
}

let description: Description | null = null;
const validators = new Map<string, ValidateFunction>();

/** Fails when an answer of the API is none that its OpenAPI document describes. */
export async function expectDescribed(url: string, method: string, answer: Answer): Promise<void> {
  const { pathname, origin } = new URL(url);
  if (!pathname.startsWith('/v1/')) return;
  description ??= await describe(origin);
  // The operator's pages have a port of their own, where nothing is described.
  if (description === null) return;
  const { document, patterns, ajv } = description;
  const [path] = patterns.find(([, pattern]) => pattern.test(pathname)) ?? [];
  const operation = path && document.paths[path]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (!operation || path === undefined) return expectUnknown(answer, `${method} ${pathname}`);
  const what = `${method} ${path} answered ${answer.status}`;
  const described = operation.responses[answer.status];
  if (!described) throw new Error(`${what} ${answer.text}, which is not described`);
  expectHeaders(answer, described, document, what);
  const [mediaType = ''] = (answer.headers.get('content-type') ?? '').split(';');
  if (answer.text === '') {
    if (method !== 'HEAD' && described.content) throw new Error(`${what} without a body`);
    return;
  }
  if (!described.content?.[mediaType]) throw new Error(`${what} with ${mediaType}, which is not described`);
  if (!mediaType.endsWith('json')) return;
  expectCode(answer, described.content[mediaType], what);
  const pointer = [path, method.toLowerCase(), 'responses', String(answer.status), 'content', mediaType].map(
    escaped,
  );
  const reference = `api#/paths/${pointer.join('/')}/schema`;
  const validate = validators.get(reference) ?? ajv.compile({ $ref: reference });
  validators.set(reference, validate);
  if (!validate(answer.body))
    throw new Error(`${what}: ${JSON.stringify(validate.errors)} in ${answer.text}`);
}

async function describe(origin: string): Promise<Description | null> {
  // Some tests stop the server before its last answer has come.
  const response = await fetch(`${origin}/openapi.json`).catch(() => null);
  if (!response?.ok) return null;
  const document = (await response.json()) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  // Fixed paths win over those with parameters, as they do in the API.
  const paths = Object.keys(document.paths).sort((a, b) => count(a) - count(b));
  const patterns = paths.map((path): [string, RegExp] => [
    path,
    new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
  ]);
  return { document, patterns, ajv };
}

function count(path: string): number {
  return path.split('{').length;
}

/** Headers that say nothing about an answer: of HTTP itself, of helmet, and of those that are the same for all. */
const unspoken =
  /^(connection|content-(length|security-policy|type)|cross-origin-.*|date|keep-alive|origin-agent-cluster|referrer-policy|strict-transport-security|transfer-encoding|vary|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/;

/** The headers of an answer are described, and those are there that must be. */
function expectHeaders(
  { headers }: Answer,
  { headers: described = {} }: DescribedAnswer,
  { components }: Document,
  what: string,
): void {
  const known = new Set(Object.keys(described).map((name) => name.toLowerCase()));
  const unknown = [...headers.keys()].filter((name) => !unspoken.test(name) && !known.has(name));
  if (unknown.length > 0) throw new Error(`${what} with ${unknown.join()}, which is not described`);
  // Those that are shared are written as references.
  const shared = ({ $ref }: JsonObject) => components.headers[String($ref).split('/').at(-1) ?? ''];
  const missing = Object.entries(described)
    .filter(([, header]) => (shared(header) ?? header)['required'] === true)
    .flatMap(([name]) => (headers.has(name) ? [] : [name]));
  if (missing.length > 0) throw new Error(`${what} without ${missing.join()}`);
}

/** Of an error, its code must be one of the examples. */
function expectCode({ body }: Answer, content: JsonObject, what: string): void {
  const { examples } = content;
  const code = body['code'];
  if (typeof examples !== 'object' || examples === null || typeof code !== 'string') return;
  if (!Object.hasOwn(examples, code)) throw new Error(`${what} ${code}, which is not described`);
}

function expectUnknown({ status }: Answer, what: string): void {
  if (![401, 404, 405].includes(status)) throw new Error(`${what} answered ${status} and is not described`);
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
