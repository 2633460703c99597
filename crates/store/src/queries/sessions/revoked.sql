-- Sessions that were ended early and whose access tokens may still be valid; served by a scan, once at start.
SELECT id FROM dawsos.sessions WHERE revoked_at IS NOT NULL AND expires_at > $1
