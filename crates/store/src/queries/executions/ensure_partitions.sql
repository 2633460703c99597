-- Makes the monthly partitions of the log tables ahead of time.
SELECT dawsos.ensure_month_partitions($1)
