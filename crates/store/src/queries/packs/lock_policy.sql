-- One restatement or seal of a policy at a time.
SELECT pg_advisory_xact_lock(hashtextextended('dawsos.packs:' || $1, 0))
