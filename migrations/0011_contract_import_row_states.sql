-- Rows of an import are read in order of the file; an index by state costs each imported row a write and serves nobody.

DROP INDEX dawsos.import_rows_status_idx;
