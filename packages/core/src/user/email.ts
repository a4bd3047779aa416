/** The longest address that SMTP can carry (RFC 5321, errata 1690). */
const maxLength = 254;

const form = /^[^\s\p{C}@]{1,64}@[^\s\p{C}@.]+(\.[^\s\p{C}@.]+)*$/u;

/**
 * Writes an e-mail address in the one way that it is stored in, so that nobody has two users: without blanks around it,
 * in lower case, in Unicode's composed form. Whether anybody reads it is not looked at.
 *
 * @returns null when the text has not the form of an address.
 */
export function normaliseEmail(text: string): string | null {
  const email = text.normalize('NFC').trim().toLowerCase();
  return email.length <= maxLength && form.test(email) ? email : null;
}
