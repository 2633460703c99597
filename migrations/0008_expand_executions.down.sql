DROP TABLE dawsos.results;
DROP TABLE dawsos.executions;
DROP TABLE dawsos.capability_versions;
DROP TABLE dawsos.pattern_versions;
