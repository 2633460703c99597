-- Closes the open set-up link, if any, so that a new one can be made; served by account_links_setup_key.
UPDATE dawsos.account_links SET used_at = $1 WHERE purpose = 'setup' AND used_at IS NULL
