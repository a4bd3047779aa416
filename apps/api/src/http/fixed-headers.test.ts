import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import { fixedHeaders } from './fixed-headers.ts';

function newResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

describe('fixedHeaders', () => {
  it('sets what the middleware sets, and asks it once', () => {
    let asked = 0;
    const counting: Parameters<typeof fixedHeaders>[0] = (request, response, next) => {
      asked += 1;
      helmet()(request, response, next);
    };
    const expected = newResponse();
    helmet()(expected.req, expected, () => undefined);
    const handler = fixedHeaders(counting);
    let passed = 0;
    for (const response of [newResponse(), newResponse()]) {
      handler({} as Request, response as Response, () => {
        passed += 1;
      });
      expect(response.getHeaders()).toEqual(expected.getHeaders());
    }
    expect([asked, passed]).toEqual([1, 2]);
  });
});
