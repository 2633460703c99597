-- Announces a change to all replicas when the transaction commits.
SELECT pg_notify($1, $2)
