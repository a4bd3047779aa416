import type { CatalogueEntry } from './catalogue-entry.ts';

/** Why a webhook was not delivered. */
export const webhookErrors = {
  WEBHOOK_REFUSED: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The endpoint did not answer with a status of the 200s',
    advice: 'Let the endpoint answer 2xx at once and work afterwards; redirects are not followed.',
  },
  WEBHOOK_TIMEOUT: {
    httpStatus: 504,
    retryable: true,
    fault: 'caller',
    title: 'The endpoint did not answer within ten seconds',
    advice: 'Let the endpoint answer at once and work afterwards.',
  },
  WEBHOOK_UNREACHABLE: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The endpoint cannot be reached',
    advice: 'Check the name, that port 443 answers, and that it speaks HTTP.',
  },
  WEBHOOK_TLS_FAILED: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The certificate of the endpoint is not trusted',
    advice: 'Serve a certificate for this name, with its whole chain, from a public authority.',
  },
  WEBHOOK_ADDRESS_FORBIDDEN: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The name of the endpoint leads to an address that is not public',
    advice: 'Let every address of the name be one that anybody can reach.',
  },
  WEBHOOK_SWITCHED_OFF: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The webhook was switched off before this was delivered',
    advice: 'Switch the webhook on, then ask for the delivery again.',
  },
} as const satisfies Record<string, CatalogueEntry>;
