import { apiKeyPattern, catalogue, type ErrorCode } from '@formaops/core';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { idPattern } from '../http/id-parameter.ts';
import { type AnswerSpec, type Operation, pathParameters, scopeOf } from '../http/operation.ts';
import { problem } from './common.ts';
import { numberedParameters, parameterDescriptions } from './parameters.ts';
import { simplify } from './simplify.ts';
import { tags } from './tags.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** Whatever is asked can end so. */
const always = [
  'UNAUTHENTICATED',
  'INVALID_API_KEY',
  'SCOPE_MISSING',
  'RATE_LIMITED',
  'DATABASE_UNAVAILABLE',
  'DATABASE_BUSY',
  'INTERNAL',
] as const;

/** Whatever has a body can end so. */
const withBody = [
  'INVALID_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_REQUEST',
  'REQUEST_TIMEOUT',
  'OVERLOADED',
] as const;

const aboutKeys =
  `An API key, sent as \`Authorization: Bearer fo_live_…\`; where a page asks for it, the key alone. It has the form
\`${apiKeyPattern.source}\`; the last six characters are a checksum. A key has the scope \`read\`, \`write\` or
both.`.replaceAll('\n', ' ');

/** Describes operations as OpenAPI 3.1, from the same schemas that check requests. */
export function openApiDocument(operations: readonly Operation[]): OpenApiDocument {
  const paths = Object.fromEntries(
    [...Map.groupBy(operations, ({ path }) => path)].map(([path, ofPath]) => [
      path,
      Object.fromEntries(ofPath.map((one) => [one.method, describe(one)])),
    ]),
  );
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'FormaOps',
        version: '1',
        summary: 'Runs prompts as a service',
        description:
          'Every error is an RFC 9457 problem document with a stable `code`. Lists are newest first and come in pages; money is a decimal in a string; times are UTC.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'Where this document came from' }],
      security: [{ apiKey: [] }],
      tags: tagsOf(operations),
      paths,
      components: {
        examples: Object.fromEntries(
          [...new Set(operations.flatMap(errorsOf))].map((code) => [code, { value: exampleOf(code) }]),
        ),
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: aboutKeys },
        },
      },
    },
    {
      allowEmptySchema: { custom: true, unknown: true, any: true },
      override: ({ jsonSchema }) => simplify(jsonSchema),
    },
  );
}

function tagsOf(operations: readonly Operation[]) {
  const used = new Set<string>(operations.map(({ tag }) => tag));
  return Object.entries(tags)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
}

function describe(one: Operation): ZodOpenApiOperationObject {
  const {
    operationId,
    tag,
    summary,
    description,
    path,
    query,
    body,
    bodyShown,
    bodyExample,
    bodyIsOptional,
    headers,
  } = one;
  const names = pathParameters(path);
  const scope = scopeOf(one);
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, `Needs the scope \`${scope}\`.`].filter(Boolean).join(' '),
    requestParams: {
      ...(names.length > 0 && {
        path: z.object(Object.fromEntries(names.map((name) => [name, pathParameter(name)]))),
      }),
      ...(query instanceof z.ZodObject && { query: queryParameters(query) }),
      ...(headers && { header: headerParameters(headers) }),
    },
    ...(body && {
      requestBody: {
        required: !bodyIsOptional,
        content: {
          'application/json': {
            schema: nameBody(bodyShown ?? body, operationId),
            ...(bodyExample !== undefined && { example: bodyExample }),
          },
        },
      },
    }),
    responses: { ...answersOf(one), ...problemsOf(one) },
  };
}

/** Bodies are called after their operations: generated clients show the names. */
function nameBody(body: z.ZodType, operationId: string): z.ZodType {
  const meta = body.meta();
  if (meta?.id !== undefined) return body;
  return body.meta({ ...meta, id: `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Body` });
}

function pathParameter(name: string) {
  const description = parameterDescriptions[name];
  return numberedParameters.has(name)
    ? z.int32().min(1).meta({ description })
    : z.string().regex(idPattern).meta({ description });
}

/** What is said of a value holds also where it may be left out. */
function queryParameters({ shape }: z.ZodObject) {
  const entries = Object.entries(shape).map(([name, schema]): [string, z.core.$ZodType] => {
    if (!(schema instanceof z.ZodOptional) || schema.meta() !== undefined) return [name, schema];
    const { id: _, ...meta } = z.globalRegistry.get(schema.unwrap()) ?? {};
    return [name, schema.meta(meta)];
  });
  return z.object(Object.fromEntries(entries));
}

function headerParameters(headers: Record<string, string>) {
  const entries = Object.entries(headers).map(([name, description]) => [
    name,
    z.string().optional().meta({ description }),
  ]);
  return z.object(Object.fromEntries(entries));
}

function answersOf({ answers }: Operation): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(answers).map(([status, spec]) => [status, answerOf(spec)]),
  ) as ZodOpenApiResponsesObject;
}

function answerOf({
  description,
  schema,
  mediaType,
  headers = {},
  example,
}: AnswerSpec): ZodOpenApiResponseObject {
  const content = schema && {
    [mediaType ?? 'application/json']: { schema, ...(example !== undefined && { example }) },
  };
  return {
    description,
    headers: z.object({ ...requestIdHeader, ...rateLimitHeaders, ...describedHeaders(headers) }),
    ...(content && { content }),
  };
}

const requestIdHeader = {
  'X-Request-Id': z.string().meta({
    description: "Names the request; the caller's own when it sent one",
    header: { id: 'X-Request-Id' },
  }),
};

const rateLimitHeaders = {
  RateLimit: z
    .string()
    .optional()
    .meta({
      description:
        'Requests that are left (`r`) and seconds until there are as many as ever (`t`); none without a limit',
      header: { id: 'RateLimit' },
    }),
  'RateLimit-Policy': z
    .string()
    .optional()
    .meta({
      description: 'Requests (`q`) that the plan allows in so many seconds (`w`); none without a limit',
      header: { id: 'RateLimit-Policy' },
    }),
};

const seconds = z.int32().min(0);

const retryAfterHeader = {
  'Retry-After': seconds.meta({
    description: 'Seconds after which to try again',
    header: { id: 'Retry-After' },
  }),
};

const challengeHeader = {
  'WWW-Authenticate': z.string().meta({
    description: 'How to authenticate',
    header: { id: 'WWW-Authenticate' },
  }),
};

function describedHeaders(headers: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, z.string().optional().meta({ description })]),
  );
}

/** Every code that an operation can end with. */
export function errorsOf(one: Operation): ErrorCode[] {
  return [
    ...new Set<ErrorCode>([
      ...always,
      ...(one.body ? withBody : []),
      ...(one.query ? (['INVALID_REQUEST'] as const) : []),
      ...(pathParameters(one.path).length > 0 ? (['NOT_FOUND'] as const) : []),
      ...(one.errors ?? []),
    ]),
  ];
}

function problemsOf(one: Operation): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(errorsOf(one), (code) => catalogue[code].httpStatus);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, problemAnswer(status, codes)]),
  ) as ZodOpenApiResponsesObject;
}

function problemAnswer(status: number, codes: ErrorCode[]): ZodOpenApiResponseObject {
  return {
    description: codes.map((code) => `\`${code}\`: ${catalogue[code].title}.`).join(' '),
    headers: z.object({
      ...requestIdHeader,
      ...rateLimitHeaders,
      ...retryAfterOf(codes),
      ...(status === 401 && challengeHeader),
    }),
    content: {
      'application/problem+json': {
        schema: problem,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** It comes with the errors that may be tried again, and with no others. */
function retryAfterOf(codes: ErrorCode[]) {
  const final = codes.filter((code) => !catalogue[code].retryable);
  if (final.length === 0) return retryAfterHeader;
  if (final.length === codes.length) return {};
  const without = final.map((code) => `\`${code}\``).join(', ');
  const description = `Seconds after which to try again; none with ${without}`;
  return { 'Retry-After': seconds.optional().meta({ description }) };
}

function exampleOf(code: ErrorCode) {
  const { title, httpStatus, advice } = catalogue[code];
  return {
    type: `/docs/errors#${code}`,
    title,
    status: httpStatus,
    code,
    detail: advice,
    requestId: '0b6f4f0e-6c4e-4a55-8c0a-0a4f7d1f1c11',
    ...(code === 'INVALID_REQUEST' && { errors: [exampleProblem] }),
  };
}

const exampleProblem = { pointer: '/inputs/language', code: 'VARIABLE_MISSING', detail: 'is required' };
