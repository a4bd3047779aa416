export {
  type AvailableType,
  availableTypes,
  type Extraction,
  type Judge,
  type Judgement,
  type JudgementStatus,
  type JudgeRequest,
  type Validation,
  type Verdict,
  type VerdictError,
  type VerdictOutcome,
} from './judge.ts';
export { createSandboxedJudge, type SandboxedJudge, type SandboxOptions } from './sandboxed-judge.ts';
