DROP TABLE dawsos.corporate_actions;
DROP TABLE dawsos.security_identifiers;
DROP FUNCTION dawsos.security_identifiers_no_overlap();
DROP TABLE dawsos.securities;
