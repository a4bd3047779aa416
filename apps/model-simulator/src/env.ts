import { integer, loadEnv } from '@formaops/runtime';
import { z } from 'zod';

/** The settings of the simulator's process. */
export const envSchema = z.object({
  PORT: integer({ min: 0, max: 65_535 }).default(4010).describe('0 takes a free one.'),
  HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Where to listen. Only this machine unless told otherwise: the simulator accepts any key.'),
});

/** Reads the settings; with problems it prints them and ends the process with exit code 78. */
export function readEnv() {
  return loadEnv(envSchema, process.env);
}
