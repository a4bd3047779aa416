export type { Call, Outcome } from './call-log.ts';
export { SYSTEM_FINGERPRINT } from './completion-body.ts';
export { createSimulator, type RunningSimulator, type SimulatorOptions, startSimulator } from './server.ts';
export { countTokens, type Usage } from './tokens.ts';
