-- Marks an import as written, in the transaction of its entries; served by imports_pkey.
UPDATE dawsos.imports
SET status = 'committed', from_seq = $3, to_seq = $4, counts = $5, committed_at = now(), version = version + 1
WHERE user_id = $1 AND id = $2 AND status NOT IN ('committed', 'reverted')
