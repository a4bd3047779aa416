import type { ErrorCode, Scope } from '@formaops/core';
import { defaultDocument } from '../openapi/default-document.ts';

/** An operation as its OpenAPI document tells of it. */
export interface DescribedOperation {
  operationId: string;
  method: string;
  path: string;
  scope: Scope;
  hasBody: boolean;
  /** A body that is accepted. */
  example: unknown;
  /** What it can end with, by code. */
  errors: Array<{ code: ErrorCode; status: number }>;
}

/** What is read of the document here. */
interface Document {
  paths: Record<string, Record<string, OperationObject>>;
}

interface OperationObject {
  operationId: string;
  description: string;
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { content?: Record<string, { examples?: Partial<Record<ErrorCode, unknown>> }> }>;
}

/** Every operation of the API. */
export function describedOperations(): DescribedOperation[] {
  const { paths }: Document = JSON.parse(JSON.stringify(defaultDocument()));
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      operationId: operation.operationId,
      method: method.toUpperCase(),
      path,
      scope: operation.description.includes('the scope `read`') ? 'read' : 'write',
      hasBody: operation.requestBody !== undefined,
      example: operation.requestBody?.content['application/json']?.example,
      errors: errorsOf(operation),
    })),
  );
}

function errorsOf({ responses }: OperationObject): DescribedOperation['errors'] {
  return Object.entries(responses).flatMap(([status, { content }]) =>
    Object.keys(content?.['application/problem+json']?.examples ?? {}).map((code) => ({
      code: code as ErrorCode,
      status: Number(status),
    })),
  );
}
