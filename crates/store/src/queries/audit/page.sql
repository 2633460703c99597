-- Lines of the audit log that the role may see, newest first; served by audit_log_actor_idx.
SELECT id, actor_id, subject_user_id, action, resource_type, resource_id, detail, ip, user_agent, request_id, trace_id, created_at
FROM dawsos.audit_log
WHERE ($1::uuid IS NULL OR actor_id = $1) AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
