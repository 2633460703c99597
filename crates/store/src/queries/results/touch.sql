-- Counts results as used; served by results_pkey.
UPDATE dawsos.results SET last_used_at = now() WHERE user_id = $1 AND result_key = ANY ($2)
