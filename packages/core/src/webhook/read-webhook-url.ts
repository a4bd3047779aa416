import { isPublicAddress } from './public-address.ts';

/** The longest address of an endpoint, in characters. */
export const maxWebhookUrlLength = 2_048;

/** What an operator allows beyond what is safe for everybody. */
export interface WebhookUrlPolicy {
  /** Private addresses and any port: for endpoints in the operator's own network, and for tests. */
  allowPrivate: boolean;
}

export type ReadWebhookUrl = { ok: true; url: string } | { ok: false; problem: string };

/** Names that lead into a network of one's own by convention: RFC 6761, RFC 6762, RFC 8375, RFC 9476. */
const privateNames =
  /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|corp|home|alt|test|invalid|onion)$/;

/**
 * Reads the address of an endpoint as browsers do, so that `0177.0.0.1` and `2130706433` are seen for what they are. A
 * name is not looked up here: what it leads to can change, and is looked at whenever a connection is made.
 *
 * @returns the address in its one form, or what is wrong with it, for its owner.
 */
export function readWebhookUrl(text: string, { allowPrivate }: WebhookUrlPolicy): ReadWebhookUrl {
  if (text.length > maxWebhookUrlLength) return refuse(`must have at most ${maxWebhookUrlLength} characters`);
  const url = URL.parse(text);
  if (url === null) return refuse('must be an https:// address');
  if (url.protocol !== 'https:') return refuse('must begin with https://');
  if (url.username !== '' || url.password !== '') return refuse('must not hold a user name or a password');
  if (url.hash !== '') return refuse('must not have a fragment');
  if (!allowPrivate && url.port !== '') return refuse('must use port 443');
  if (!allowPrivate && !mayBePublic(url.hostname)) return refuse('must lead to a public address');
  return { ok: true, url: url.href };
}

function refuse(problem: string): ReadWebhookUrl {
  return { ok: false, problem };
}

/** @param host as a URL has it: IPv6 in brackets, IPv4 in four decimal numbers, names in lower case. */
function mayBePublic(host: string): boolean {
  if (host.startsWith('[')) return isPublicAddress(host.slice(1, -1));
  if (/^[\d.]+$/.test(host)) return isPublicAddress(host);
  const name = host.replace(/\.$/, '');
  return name.includes('.') && !privateNames.test(name);
}
