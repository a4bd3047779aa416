/** Node runs the TypeScript as it is; swc only takes the types away so that Jest can read it, too. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  testMatch: ['<rootDir>/{apps,packages,scripts,tests,infra}/**/*.test.ts'],
  globalSetup: '<rootDir>/packages/testing/src/jest-global-setup.ts',
  globalTeardown: '<rootDir>/packages/testing/src/jest-global-teardown.ts',
  // Jest would leave one core idle, and these tests mostly wait for processes of their own.
  maxWorkers: '100%',
  // For a busy machine; no test waits for a time to pass.
  testTimeout: 120_000,
};
