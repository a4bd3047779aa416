/** How large the parts of a prompt may be. */
export const promptLimits = {
  nameChars: 200,
  descriptionChars: 2_000,
  /** A fifth of what a rendered prompt may have: the rest is for its inputs. */
  templateChars: 200_000,
  changeLogChars: 2_000,
  tags: 20,
  tagChars: 50,
  variables: 100,
  variableNameChars: 64,
  variableDescriptionChars: 500,
  /** Options of one variable. */
  options: 100,
  /** All definitions together, written as JSON: every submission reads them. */
  variablesChars: 100_000,
} as const;
