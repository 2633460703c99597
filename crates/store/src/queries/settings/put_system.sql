-- Writes one setting of the installation; served by system_settings_pkey.
INSERT INTO dawsos.system_settings AS kept (key, value, updated_by)
VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_by = EXCLUDED.updated_by, version = kept.version + 1
RETURNING version
