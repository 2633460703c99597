-- Rows of an import are read in order of the file; an index by state costs each imported row a write and serves nobody.
-- The release before does without it as well, so the way back stays open.

DROP INDEX dawsos.import_rows_status_idx;
