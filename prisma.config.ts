import { defineConfig } from 'prisma/config';

/** Read by the `prisma` command line only; the product migrates itself (see packages/db/src/migrate.ts). */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node packages/db/src/seed-main.ts' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
