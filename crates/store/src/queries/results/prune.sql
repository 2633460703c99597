-- Drops expired results and the least recently used ones above a number of bytes; served by results_last_used_idx.
DELETE FROM dawsos.results
WHERE user_id = $1 AND (
    expires_at <= now()
    OR result_key IN (
        SELECT result_key FROM (
            SELECT result_key, sum(octet_length(outputs)) OVER (ORDER BY last_used_at DESC, result_key) AS bytes_so_far
            FROM dawsos.results WHERE user_id = $1
        ) AS used
        WHERE bytes_so_far > $2
    )
)
