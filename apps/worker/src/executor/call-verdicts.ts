import type { CallVerdict, FormaError } from '@formaops/core';
import type { CallResult } from '@formaops/providers';

/** What a call says about the provider. */
export interface CallVerdicts {
  /** Whether our credential is taken. */
  credential: CallVerdict;
  /** Whether the model works. */
  model: CallVerdict;
}

/**
 * Judges a call. What a caller can bring about by what he asks for — a bad request, a filter, an answer that is too
 * large, a limit of his own, a model that our credential may not use — must not look like a failure of what he shares
 * with others. A rate limit says nothing either: it comes with a wait of its own.
 */
export function judgeCall(result: CallResult): CallVerdicts {
  switch (result.kind) {
    case 'answered':
      return { credential: 'succeeded', model: 'succeeded' };
    case 'aborted':
      return { credential: 'neither', model: 'neither' };
    case 'failed':
      return { credential: credentialVerdict(result.error), model: modelVerdict(result.error) };
  }
}

function credentialVerdict(error: FormaError): CallVerdict {
  const status = httpStatusOf(error);
  // 402 depends on the request at some providers (OpenRouter), 403 on the model at OpenAI.
  if (error.code === 'PROVIDER_AUTH' && status !== 403) return 'failed';
  if (error.code === 'PROVIDER_QUOTA_EXCEEDED' && status !== 402) return 'failed';
  // Whoever is refused for another reason was let in. A server that is down may not have looked.
  return status !== undefined && status < 500 ? 'succeeded' : 'neither';
}

function modelVerdict(error: FormaError): CallVerdict {
  switch (error.code) {
    case 'PROVIDER_UNAVAILABLE':
      return 'failed';
    case 'PROVIDER_TIMEOUT':
      // The total is the caller's own; the first byte and silence are the worker's.
      return error.details?.['limit'] === 'total' ? 'neither' : 'failed';
    case 'PROVIDER_AUTH':
      return httpStatusOf(error) === 403 ? 'failed' : 'neither';
    case 'PROVIDER_QUOTA_EXCEEDED':
      return httpStatusOf(error) === 402 ? 'failed' : 'neither';
    default:
      return 'neither';
  }
}

function httpStatusOf(error: FormaError): number | undefined {
  const status = error.details?.['httpStatus'];
  return typeof status === 'number' ? status : undefined;
}
