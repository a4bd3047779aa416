import { z } from 'zod';

/** A line of text that people read: NFC, without blanks around it, without control and format characters. */
export function cleanLine(maxChars: number) {
  return z
    .string()
    .transform((text) => text.normalize('NFC').trim())
    .pipe(
      z
        .string()
        .min(1)
        .max(maxChars)
        .regex(/^[^\p{Cc}\p{Cf}]*$/u, { error: 'must not hold control or format characters' }),
    );
}
