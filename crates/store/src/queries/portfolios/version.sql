-- Version of an own portfolio; served by portfolios_pkey.
SELECT version FROM dawsos.portfolios WHERE user_id = $1 AND id = $2
