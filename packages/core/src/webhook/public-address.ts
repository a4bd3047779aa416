import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * What the IPv4 registry reserves, unless it is an address that anybody may reach.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/ (read in November 2026)
 */
const reservedV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * The only part of IPv6 that is handed out for hosts in the open. Loopback, IPv4-mapped and IPv4-compatible addresses,
 * NAT64, unique local, link-local, site-local, multicast and the discard prefix all lie outside of it.
 *
 * @see https://www.iana.org/assignments/ipv6-address-space/
 */
const globalV6 = ['2000::/3'];

/** Within it: protocol assignments (Teredo is one), documentation, and 6to4, which leads to an IPv4 address. */
const reservedV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const lists = {
  reservedV4: listOf(reservedV4, 'ipv4'),
  globalV6: listOf(globalV6, 'ipv6'),
  reservedV6: listOf(reservedV6, 'ipv6'),
};

function listOf(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net = '', prefix] = subnet.split('/');
    list.addSubnet(net, Number(prefix), family);
  }
  return list;
}

/** @returns whether an address is one that anybody on the internet may reach; not so what is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !lists.reservedV4.check(address, 'ipv4');
  // A zone means an address of one link.
  if (!isIPv6(address) || address.includes('%')) return false;
  return lists.globalV6.check(address, 'ipv6') && !lists.reservedV6.check(address, 'ipv6');
}
