import { crc32 } from 'node:zlib';

/** `fo_live_`, 30 random base62 characters (178 bits), 6 base62 characters of CRC-32; for secret scanners. */
export const apiKeyPattern = /^fo_live_[0-9A-Za-z]{36}$/;

/** What every key starts with. */
export const apiKeyPrefix = 'fo_live_';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 30;

/**
 * Builds an API key.
 *
 * @param randomIndex gives a cryptographically random integer from 0 to below its argument.
 */
export function createApiKey(randomIndex: (below: number) => number): string {
  const random = Array.from({ length: randomLength }, () => alphabet[randomIndex(alphabet.length)]).join('');
  return apiKeyPrefix + random + checksum(random);
}

/** @returns whether the text has the form of a key and its checksum fits; costs no look-up. */
export function isWellFormedApiKey(text: string): boolean {
  if (!apiKeyPattern.test(text)) return false;
  const random = text.slice(apiKeyPrefix.length, apiKeyPrefix.length + randomLength);
  return text.endsWith(checksum(random));
}

function checksum(random: string): string {
  let value = crc32(random);
  let digits = '';
  for (let place = 0; place < 6; place += 1) {
    digits = alphabet[value % alphabet.length] + digits;
    value = Math.floor(value / alphabet.length);
  }
  return digits;
}
