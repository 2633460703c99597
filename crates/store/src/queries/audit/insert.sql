-- Adds a line to the audit log.
INSERT INTO dawsos.audit_log (id, actor_id, subject_user_id, action, resource_type, resource_id, detail, ip, user_agent, request_id, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
