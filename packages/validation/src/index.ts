export type {
  CheckRequest,
  ConfigCheck,
  ConfigCode,
  ConfigRemark,
  Extraction,
  Judge,
  Judgement,
  JudgementStatus,
  JudgeRequest,
  Validation,
  Verdict,
  VerdictError,
  VerdictOutcome,
} from './judge.ts';
export { createSandboxedJudge, type SandboxedJudge, type SandboxOptions } from './sandboxed-judge.ts';
