-- One execution with its trace; served by the primary key of its month.
SELECT id, pattern_id, pattern_hash, mode, trigger, inputs, context, result_key, status, error, replica_id, admitted_at, finished_at, created_at, trace FROM dawsos.executions WHERE user_id = $1 AND id = $2
