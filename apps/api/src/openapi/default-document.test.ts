import type { JsonObject } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { defaultDocument } from './default-document.ts';

/** As it is sent: without what is undefined. */
const document = JSON.parse(JSON.stringify(defaultDocument())) as JsonObject;
const nodes = [...walk(document, '')];
const operations = nodes.flatMap(([pointer, node]) =>
  /^\/paths\/[^/]+\/[a-z]+$/.test(pointer) ? [node] : [],
);
const parameters = operations.flatMap((one) => (one['parameters'] ?? []) as JsonObject[]);

describe('the OpenAPI document', () => {
  it('gives every operation an id of its own, one tag that is explained, a summary and a description', () => {
    const ids = operations.map((one) => one['operationId']);
    expect(ids).toEqual([...new Set(ids)]);
    const explained = (document['tags'] as JsonObject[]).map(({ name, description }) => description && name);
    for (const { operationId, tags, summary, description } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(explained).toEqual(expect.arrayContaining(tags as string[]));
      expect(tags).toHaveLength(1);
      expect(summary).toMatch(/^[A-Z].*[^.]$/);
      expect(description).toMatch(/./);
    }
  });

  it('describes every parameter', () => {
    const undescribed = parameters.filter(({ description }) => !description);
    expect(undescribed).toEqual([]);
  });

  it('describes every field of a body whose name does not say it', () => {
    const undescribed = nodes.flatMap(([pointer, node]) =>
      /^\/components\/schemas\/\w+Body$/.test(pointer)
        ? Object.entries(node['properties'] ?? {}).flatMap(([name, field]) =>
            speakForThemselves.has(name) || '$ref' in field || field.description
              ? []
              : [`${pointer} ${name}`],
          )
        : [],
    );
    expect(undescribed).toEqual([]);
  });

  it('has a schema or an example of every body, and a problem document of every error', () => {
    for (const { operationId, responses } of operations) {
      for (const [status, { content }] of Object.entries(responses as Record<string, Described>)) {
        const [mediaType, body] = Object.entries(content ?? {})[0] ?? [];
        if (status >= '400') {
          expect(mediaType).toBe('application/problem+json');
          expect(Object.keys(body?.['examples'] ?? {})).not.toEqual([]);
        } else if (content) expect([operationId, status, body?.['schema']]).not.toContain(undefined);
      }
    }
  });

  it('has references that lead somewhere', () => {
    const places = new Set(nodes.map(([pointer]) => `#${pointer}`));
    const references = nodes.flatMap(([, { $ref }]) => ($ref === undefined ? [] : [$ref]));
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((reference) => !places.has(String(reference)))).toEqual([]);
  });

  it('has examples that its schemas take', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, schemas: { api: document } });
    addFormats.default(ajv);
    const examples = nodes.flatMap(([pointer, node]) => examplesOf(pointer, node));
    expect(examples.length).toBeGreaterThan(100);
    for (const { schema, value } of examples) {
      const $ref = `api#${schema.split('/').map(encodeURIComponent).join('/')}`;
      const validate = ajv.getSchema($ref) ?? ajv.compile({ $ref });
      expect([schema, value, validate(value) || validate.errors]).toEqual([schema, value, true]);
    }
  });

  it('says how large integers are, and gives no pattern of a time', () => {
    const vague = nodes.filter(([, { type, format }]) => type === 'integer' && !format);
    expect(vague).toEqual([]);
    expect(nodes.filter(([, node]) => node['format'] === 'date-time' && 'pattern' in node)).toEqual([]);
  });
});

interface Described {
  content?: Record<string, JsonObject>;
}

/** Fields that would be described by their own names. */
const speakForThemselves = new Set(['name', 'description', 'type', 'tags']);

/** Every object in a document with its JSON pointer. */
function* walk(node: unknown, pointer: string): Generator<[string, JsonObject]> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield [pointer, node as JsonObject];
  for (const [key, value] of Object.entries(node)) {
    yield* walk(value, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

/** The examples that stand in a node, and where their schema is. */
function examplesOf(pointer: string, node: JsonObject): Array<{ schema: string; value: unknown }> {
  const { schema, example, examples } = node as { schema?: object; example?: unknown; examples?: unknown };
  if (Array.isArray(examples)) return examples.map((value) => ({ schema: pointer, value }));
  if (schema === undefined) return [];
  const named = Object.values((examples ?? {}) as Record<string, { $ref: string }>).map(({ $ref }) => {
    const [, referred] = nodes.find(([at]) => `#${at}` === $ref) ?? [];
    return referred?.['value'];
  });
  return [...named, ...(example === undefined ? [] : [example])].map((value) => ({
    schema: `${pointer}/schema`,
    value,
  }));
}
