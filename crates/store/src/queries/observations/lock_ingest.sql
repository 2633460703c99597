-- Keeps packs from being sealed while observations are written; many writers at once.
SELECT pg_advisory_xact_lock_shared(hashtextextended('dawsos.ingest', 0))
