export type { MaxTokensField } from './chat-request.ts';
export { classifyError, type FailureContext, type ProviderFailure } from './classify-error.ts';
export {
  createOpenAiProvider,
  type OpenAiProviderOptions,
  type ProviderTimeouts,
} from './openai-provider.ts';
export {
  createPriceBook,
  type PriceBook,
  type PriceBookOptions,
  type PriceOverride,
  priceSource,
} from './price-book.ts';
export type {
  CallResult,
  FinishReason,
  ModelCall,
  ModelParameters,
  ModelProvider,
  ResponseFormat,
  TokenUsage,
} from './provider.ts';
