-- Settings of a user; served by user_settings_pkey.
SELECT version, settings, default_portfolio_id FROM dawsos.user_settings WHERE user_id = $1
