-- Begins to build a pack; one at a time for each policy and day.
INSERT INTO dawsos.pack_builds (id, policy_id, date, revision, step, requested_by, estimated_ready_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
