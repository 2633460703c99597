-- All currencies.
SELECT code, name, minor_units, parent, parent_factor, obsolete_on FROM dawsos.currencies ORDER BY code
