-- Version of the settings of a user; served by user_settings_pkey.
SELECT version FROM dawsos.user_settings WHERE user_id = $1
