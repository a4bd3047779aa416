import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { apiHeaders } from './api-headers.ts';

it('an answer says that nothing in it is to be run, framed or guessed', () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  apiHeaders({} as Request, response as Response, () => undefined);
  expect({ ...response.getHeaders() }).toEqual({
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
  });
});
