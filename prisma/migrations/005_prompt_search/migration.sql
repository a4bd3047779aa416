-- Prompts are listed newest first and searched by tags and by a part of their name or description, each user's own only.

-- Puts the owner into the same index as tags and trigrams, so that a search reads what its user has and no more,
-- however common its words are among other users' prompts.
CREATE EXTENSION IF NOT EXISTS "btree_gin";

CREATE INDEX "idx_prompts_user_created" ON "prompts"("user_id", "created_at", "id");

CREATE INDEX "idx_prompts_search" ON "prompts"
  USING GIN ("user_id", "tags", "name" gin_trgm_ops, "description" gin_trgm_ops);
