-- Marks an import as taken back, in the transaction of its voids; served by imports_pkey.
UPDATE dawsos.imports SET status = 'reverted', version = version + 1
WHERE user_id = $1 AND id = $2 AND status = 'committed'
