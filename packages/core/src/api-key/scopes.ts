/** What a key may do: look at everything of its user's, and change it. Neither includes the other. */
export const scopes = ['read', 'write'] as const;
export type Scope = (typeof scopes)[number];
