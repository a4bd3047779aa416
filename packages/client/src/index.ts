export { type ClientErrorCode, FormaOpsError, type RequestProblem } from './errors.ts';
export type {
  ExecutionEvent,
  FollowOptions,
  GapEvent,
  LogEvent,
  OutputEvent,
  StatusEvent,
} from './follow.ts';
export { FormaOps } from './forma-ops.ts';
export type { ErrorCode } from './generated/routes.ts';
export type { FormaOpsOptions } from './options.ts';
export type { Page, Pages } from './pages.ts';
export type {
  Body,
  CallOptions,
  Entry,
  OperationId,
  Path,
  Query,
  Request,
  Result,
  Schemas,
} from './types.ts';
export type { WaitOptions } from './wait.ts';
