import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { headerValues } from './header-values.ts';

it('every value of a header is found, however its name is written, and nothing else', () => {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders = ['Host', 'authorization', 'AUTHORIZATION', 'a', 'X-Other', 'x', 'authorization', 'b'];
  expect(headerValues(request, 'authorization')).toEqual(['a', 'b']);
  expect(headerValues(request, 'absent')).toEqual([]);
});
