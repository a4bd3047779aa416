import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from '@jest/globals';
import { createAnyLookup, createPublicLookup, type ResolveName } from './public-lookup.ts';

/** Looks a name up as a connection does. */
function lookUp(resolve: ResolveName, create = createPublicLookup, all = true) {
  return new Promise<string | LookupAddress[]>((done, fail) => {
    create(resolve)('example.com', { all }, (error, address) => (error ? fail(error) : done(address)));
  });
}

const leadsTo =
  (...addresses: string[]): ResolveName =>
  async () =>
    addresses;

describe('createPublicLookup', () => {
  it('gives the addresses that it has looked at', async () => {
    expect(await lookUp(leadsTo('8.8.8.8', '2606:4700::1111'))).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await lookUp(leadsTo('8.8.8.8', '1.1.1.1'), createPublicLookup, false)).toBe('8.8.8.8');
  });

  it.each([
    ['this machine', ['127.0.0.1']],
    ['the cloud’s own service', ['169.254.169.254']],
    ['a public address and a private one', ['8.8.8.8', '10.0.0.1']],
    ['a private address in another form', ['::ffff:10.0.0.1']],
    ['an address of IPv6 that leads to one of IPv4', ['64:ff9b::a00:1']],
    ['something that is no address', ['localhost']],
  ])('refuses a name that leads to %s', async (_what, addresses) => {
    await expect(lookUp(leadsTo(...addresses))).rejects.toMatchObject({ code: 'WEBHOOK_ADDRESS_FORBIDDEN' });
  });

  it('looks at each connection anew: a name that was public before is refused when it leads inside', async () => {
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const rebinding: ResolveName = async () => answers.shift() ?? [];
    expect(await lookUp(rebinding)).toEqual([{ address: '8.8.8.8', family: 4 }]);
    await expect(lookUp(rebinding)).rejects.toMatchObject({ code: 'WEBHOOK_ADDRESS_FORBIDDEN' });
  });

  it('asks once for a connection: nobody can answer differently in between', async () => {
    let asked = 0;
    await lookUp(async () => {
      asked += 1;
      return ['8.8.8.8'];
    });
    expect(asked).toBe(1);
  });

  it('fails where the name cannot be resolved, or has no address', async () => {
    await expect(lookUp(() => Promise.reject(new Error('SERVFAIL')))).rejects.toThrow('SERVFAIL');
    await expect(lookUp(leadsTo())).rejects.toThrow('no address');
    await expect(lookUp(leadsTo(), createAnyLookup)).rejects.toThrow('no address');
  });
});

describe('createAnyLookup', () => {
  it('lets private addresses pass', async () => {
    expect(await lookUp(leadsTo('127.0.0.1'), createAnyLookup)).toEqual([
      { address: '127.0.0.1', family: 4 },
    ]);
  });
});
