-- The current pack of each day of a policy; served by pack_heads_pkey.
SELECT date, pack_hash FROM dawsos.pack_heads WHERE policy_id = $1 ORDER BY date
