import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { isIPv4, type LookupFunction } from 'node:net';
import { FormaError, isPublicAddress } from '@formaops/core';

/** Every address of a name. Rejects where there is none. */
export type ResolveName = (name: string) => Promise<string[]>;

/**
 * Asks the DNS servers without the thread pool that the system's own way needs: names that tenants choose may take long,
 * and the threads are few and needed for much else.
 */
export function createResolver(): ResolveName {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return async (name) => {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length > 0) return addresses;
    throw found.find((one) => one.status === 'rejected')?.reason ?? new Error('the name has no address');
  };
}

/** The system's own way, which knows /etc/hosts: for endpoints in the operator's own network. */
export const resolveAsSystem: ResolveName = async (name) =>
  (await systemLookup(name, { all: true })).map(({ address }) => address);

/**
 * The `lookup` of a connection: names are resolved once, by this, and the connection is made to what was looked at. So a name
 * that leads elsewhere a moment later is of no use. One address that is not public spoils a name: which of them would be
 * used is nobody's to say. Ends with `WEBHOOK_ADDRESS_FORBIDDEN`.
 */
export function createPublicLookup(resolve: ResolveName): LookupFunction {
  return checkedLookup(async (name) => {
    const addresses = await resolve(name);
    if (!addresses.every(isPublicAddress)) throw new FormaError('WEBHOOK_ADDRESS_FORBIDDEN');
    return addresses;
  });
}

/** As {@link createPublicLookup}, and lets every address pass. */
export function createAnyLookup(resolve: ResolveName): LookupFunction {
  return checkedLookup(resolve);
}

function checkedLookup(resolve: ResolveName): LookupFunction {
  return (name, options, done) => {
    resolve(name).then(
      (addresses) => {
        const all = addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }));
        const [first] = all;
        if (first === undefined) done(new Error('the name has no address'), '', 0);
        else if (options.all) done(null, all);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}
