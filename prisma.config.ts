import { defineConfig } from 'prisma/config';

/** Read by the `prisma` command line only; the product migrates itself (see packages/db/src/migrations/migrate.ts). */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node infra/migrate.ts --seed' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
