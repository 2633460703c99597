-- All settings of the installation.
SELECT key, value, version FROM dawsos.system_settings ORDER BY key
