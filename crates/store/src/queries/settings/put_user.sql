-- Writes the settings of a user if their version is still the one given (0: none yet); served by user_settings_pkey.
INSERT INTO dawsos.user_settings AS kept (user_id, settings, default_portfolio_id)
VALUES ($1, $3, $4)
ON CONFLICT (user_id) DO UPDATE
SET settings = EXCLUDED.settings, default_portfolio_id = EXCLUDED.default_portfolio_id, version = kept.version + 1
WHERE kept.version = $2
RETURNING version
