DROP TABLE dawsos.import_rows;
DROP TABLE dawsos.imports;
DROP TABLE dawsos.blobs;
