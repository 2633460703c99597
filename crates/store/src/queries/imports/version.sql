-- Version of an import; served by imports_pkey.
SELECT version FROM dawsos.imports WHERE user_id = $1 AND id = $2
