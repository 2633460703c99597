DROP FUNCTION dawsos.ensure_month_partitions(integer);
DROP FUNCTION dawsos.uuid_floor(date);
DROP TABLE dawsos.audit_log;
DROP TABLE dawsos.system_settings;
DROP TABLE dawsos.replicas;
