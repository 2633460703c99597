-- Uses up a link; served by account_links_pkey.
UPDATE dawsos.account_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL
