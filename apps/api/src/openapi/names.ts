import {
  everyEventType,
  executionStatuses,
  logLevels,
  plans,
  priorities,
  scopes,
  validationStatuses,
  validationTypes,
  variableTypes,
  webhookDeliveryStatuses,
  webhookEventTypes,
} from '@formaops/core';
import { z } from 'zod';

/** Vocabularies that are used in more than one place; their ids become the names of types in generated clients. */
export const executionStatus = z.enum(executionStatuses).meta({
  id: 'ExecutionStatus',
  description: 'COMPLETED, FAILED and CANCELLED are final',
});

export const priority = z.enum(priorities).meta({
  id: 'Priority',
  description: 'What waits is started from CRITICAL to LOW; whatever waits is started some time',
});

export const validationStatus = z.enum(validationStatuses).meta({
  id: 'ValidationStatus',
  description: 'What the validations made of an output; SKIPPED where there was none to judge it',
});

export const validationType = z.enum(validationTypes).meta({
  id: 'ValidationType',
  description: 'A JSON Schema, a pattern to search for, or a JavaScript function',
});

export const verdictOutcome = z.enum(['PASSED', 'FAILED', 'ERRORED']).meta({
  id: 'VerdictOutcome',
  description: 'ERRORED where the validation itself did not work',
});

export const attemptOutcome = z.enum(['SUCCEEDED', 'FAILED', 'CANCELLED', 'SHUTDOWN', 'LOST']).meta({
  id: 'AttemptOutcome',
  description: 'SHUTDOWN and LOST: its worker stopped, or was gone',
});

export const promptStatus = z.enum(['DRAFT', 'PUBLISHED', 'ARCHIVED']).meta({
  id: 'PromptStatus',
  description: 'Only what is PUBLISHED can be run',
});

export const variableType = z.enum(variableTypes).meta({ id: 'VariableType' });

export const plan = z.enum(plans).meta({ id: 'Plan' });

export const scope = z.enum(scopes).meta({
  id: 'Scope',
  description: 'What a key may do: look at everything, or change it; neither includes the other',
});

export const logLevel = z.enum(logLevels).meta({ id: 'LogLevel' });

export const webhookEventType = z.enum([...webhookEventTypes, everyEventType]).meta({
  id: 'WebhookEventType',
  description: '`*` stands for all',
});

export const webhookDeliveryStatus = z.enum(webhookDeliveryStatuses).meta({
  id: 'WebhookDeliveryStatus',
  description: 'PENDING: an attempt is under way, or another is to come. FAILED: none is',
});
