-- Roles stay: other databases of the cluster may use them.
DROP FUNCTION dawsos.refuse_change();
DROP FUNCTION dawsos.app_user_id();
ALTER DEFAULT PRIVILEGES FOR ROLE dawsos_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
