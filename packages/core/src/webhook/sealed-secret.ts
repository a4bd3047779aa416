import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';

/** Bytes of randomness that {@link sealSecret} needs for each secret. */
export const sealNonceBytes = 12;

const cipher = 'aes-256-gcm';
const tagBytes = 16;

/** A key that seals secrets, made once from an operator's text. */
export interface SealingKey {
  /** Tells keys apart without telling anything about them. */
  id: string;
  key: Buffer;
}

/** @param text with as much chance in it as 32 random characters have; the same text gives the same key. */
export function createSealingKey(text: string): SealingKey {
  const key = Buffer.from(hkdfSync('sha256', text, '', 'formaops webhook secrets', 32));
  const id = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return { id, key };
}

/**
 * Encrypts a secret so that it opens with its key, for its owner, and in no other way.
 *
 * @param owner what it belongs to; a secret that was moved to another's row does not open.
 * @param nonce {@link sealNonceBytes} random bytes, used once.
 */
export function sealSecret(secret: string, owner: string, { id, key }: SealingKey, nonce: Buffer): string {
  const encryption = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([
    nonce,
    encryption.update(secret),
    encryption.final(),
    encryption.getAuthTag(),
  ]);
  return `v1.${id}.${sealed.toString('base64url')}`;
}

/** @returns null when none of the keys opens it: it was sealed with another, for another, or changed since. */
export function openSecret(sealed: string, owner: string, keys: readonly SealingKey[]): string | null {
  const [version, id, text = ''] = sealed.split('.');
  const key = version === 'v1' && keys.find((one) => one.id === id);
  return key ? open(Buffer.from(text, 'base64url'), owner, key.key) : null;
}

function open(bytes: Buffer, owner: string, key: Buffer): string | null {
  if (bytes.length < sealNonceBytes + tagBytes) return null;
  const decryption = createDecipheriv(cipher, key, bytes.subarray(0, sealNonceBytes), {
    authTagLength: tagBytes,
  });
  decryption.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([
      decryption.update(bytes.subarray(sealNonceBytes, -tagBytes)),
      decryption.final(),
    ]).toString();
  } catch {
    return null; // The tag does not fit, and GCM tells nothing else.
  }
}
