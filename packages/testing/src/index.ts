export {
  hasRedis,
  type TestDatabase,
  testDatabase,
  testPostgres,
  testRedis,
  testRedisDatabase,
} from './databases.ts';
export {
  createExecution,
  createPrompt,
  createUser,
  createValidation,
  type PromptOptions,
  type TestUser,
} from './factories.ts';
export { type Link, openLink } from './link.ts';
export { type RecordedLine, recordingLog } from './recording-log.ts';
