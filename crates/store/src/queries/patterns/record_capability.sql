-- Keeps the declaration of a capability; the same version again changes nothing. Served by capability_versions_pkey.
INSERT INTO dawsos.capability_versions (name, version, agent, declaration)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
