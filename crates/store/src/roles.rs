//! Which role the server runs as. Invariant: the pool's role can neither bypass row-level security nor owns a table.

use std::io::Write;
use std::path::Path;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::migrate;

/// Role that the pool logs in as.
pub(crate) const LOGIN: &str = "dawsos_login";
const SERVER_VERSION_MIN: i32 = 140_000;

struct Session {
    name: String,
    superuser: bool,
    bypasses: bool,
    creates_roles: bool,
    owns_tables: bool,
    /// Member of the three roles that requests run as.
    serves: bool,
    version: i32,
}

/// Migrates and makes the login role where the URL's role may; gives the configuration of the pool.
pub(crate) async fn prepare(config: &StoreConfig) -> Result<Config, StoreError> {
    let mut admin: Config = parse(&config.url)?;
    admin.application_name(format!("{} setup", config.application_name));
    let client = connect(&admin).await?;
    let session = look(&client).await?;
    if session.version < SERVER_VERSION_MIN {
        return Err(StoreError::Configuration(format!(
            "PostgreSQL {} is too old: 14 or newer is needed",
            session.version / 10_000
        )));
    }
    let unsafe_role = session.superuser || session.bypasses || session.owns_tables;
    let mut pool = parse(&config.url)?;
    pool.application_name(&config.application_name);
    if !unsafe_role && !session.creates_roles {
        if session.serves {
            check_schema(&client).await?;
            return Ok(pool);
        }
        return Err(StoreError::Configuration(sql_to_run(&session.name)));
    }
    if config.migrate {
        migrate::up(&client).await?;
    } else if !migrate::plan(&client).await?.is_empty() {
        return Err(StoreError::Migration("the schema is older than this release: run `dawsos migrate`".to_owned()));
    }
    pool.user(LOGIN);
    let password = match &config.login_password {
        Some(password) => password.clone(),
        None => kept_password(config.secret_dir.as_deref())?,
    };
    pool.password(&password);
    ensure_login(&client, &pool, &password, &session).await?;
    Ok(pool)
}

fn parse(url: &str) -> Result<Config, StoreError> {
    let config: Config = url.parse().map_err(|_| {
        StoreError::Configuration(
            "DATABASE_URL is not a PostgreSQL URL such as postgres://user:password@host:5432/database".to_owned(),
        )
    })?;
    if config.get_ssl_mode() == tokio_postgres::config::SslMode::Require {
        return Err(StoreError::Configuration(
            "sslmode=require is not supported: use a local socket, a private network or a TLS tunnel".to_owned(),
        ));
    }
    Ok(config)
}

/// A connection outside the pool; its task ends with the client.
pub(crate) async fn connect(config: &Config) -> Result<Client, StoreError> {
    let (client, connection) = config.connect(NoTls).await.map_err(connect_error)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    });
    Ok(client)
}

fn connect_error(error: tokio_postgres::Error) -> StoreError {
    use std::error::Error as _;
    match error.as_db_error() {
        Some(db) if db.code().code().starts_with("28") || db.code() == &SqlState::INVALID_CATALOG_NAME => {
            StoreError::Configuration(format!("database refuses the connection: {}", db.message()))
        }
        Some(db) => StoreError::Unavailable(db.message().to_owned()),
        None => StoreError::Unavailable(match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }),
    }
}

async fn look(client: &Client) -> Result<Session, StoreError> {
    let row = client
        .query_one(
            "SELECT r.rolname::text, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
                    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = 'dawsos' AND c.relowner = r.oid),
                    (SELECT count(*) = 3 FROM pg_roles m
                     WHERE m.rolname IN ('dawsos_app', 'dawsos_worker', 'dawsos_auth')
                       AND pg_has_role(r.oid, m.oid, 'MEMBER')),
                    current_setting('server_version_num')::int
             FROM pg_roles r WHERE r.rolname = current_user",
            &[],
        )
        .await
        .map_err(|e| StoreError::from_postgres("session role", &e))?;
    Ok(Session {
        name: row.get(0),
        superuser: row.get(1),
        bypasses: row.get(2),
        creates_roles: row.get(3),
        owns_tables: row.get(4),
        serves: row.get(5),
        version: row.get(6),
    })
}

/// A server that may not migrate still refuses a schema that it does not know.
async fn check_schema(client: &Client) -> Result<(), StoreError> {
    client.batch_execute("SET ROLE dawsos_app").await.map_err(|e| StoreError::from_postgres("session role", &e))?;
    if migrate::plan(client).await?.is_empty() {
        Ok(())
    } else {
        Err(StoreError::Migration(
            "the schema is older than this release: run `dawsos migrate` with the URL of an administrator".to_owned(),
        ))
    }
}

fn sql_to_run(role: &str) -> String {
    format!(
        "role {role} may neither create roles nor serve requests. As a superuser run:\n\
         ALTER ROLE \"{role}\" CREATEROLE; GRANT CREATE ON DATABASE <database> TO \"{role}\";\n\
         or run `dawsos migrate` once with a superuser's URL and then:\n\
         CREATE ROLE dawsos_login LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS PASSWORD '<password>';\n\
         GRANT dawsos_app, dawsos_worker, dawsos_auth TO dawsos_login;\n\
         GRANT USAGE ON SCHEMA dawsos TO dawsos_login;\n\
         and set DATABASE_URL to that role"
    )
}

async fn ensure_login(client: &Client, pool: &Config, password: &str, session: &Session) -> Result<(), StoreError> {
    let pg = |e: tokio_postgres::Error| match e.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => StoreError::Configuration(sql_to_run(&session.name)),
        _ => StoreError::from_postgres("login role", &e),
    };
    let exists = client.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&LOGIN]).await.map_err(pg)?.is_some();
    // Hexadecimal, as made here or derived by the caller; anything else would need quoting.
    let quoted = password.replace('\'', "''");
    if !exists {
        let made = client
            .batch_execute(&format!(
                "CREATE ROLE {LOGIN} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD '{quoted}'"
            ))
            .await;
        match made {
            Err(error)
                if error.code() != Some(&SqlState::DUPLICATE_OBJECT)
                    && error.code() != Some(&SqlState::UNIQUE_VIOLATION) =>
            {
                return Err(pg(error));
            }
            _ => {}
        }
    }
    client
        .batch_execute(&format!(
            "DO $$ BEGIN
                IF (SELECT count(*) < 3 FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid
                    JOIN pg_roles m ON m.oid = a.member
                    WHERE m.rolname = '{LOGIN}' AND g.rolname IN ('dawsos_app', 'dawsos_worker', 'dawsos_auth')) THEN
                    GRANT dawsos_app, dawsos_worker, dawsos_auth TO {LOGIN};
                END IF;
                IF NOT has_schema_privilege('{LOGIN}', 'dawsos', 'USAGE') THEN
                    GRANT USAGE ON SCHEMA dawsos TO {LOGIN};
                END IF;
                IF NOT has_database_privilege('{LOGIN}', current_database(), 'CONNECT') THEN
                    EXECUTE format('GRANT CONNECT ON DATABASE %I TO {LOGIN}', current_database());
                END IF;
            END $$"
        ))
        .await
        .map_err(pg)?;
    let login = match connect(pool).await {
        Ok(login) => login,
        Err(StoreError::Configuration(_)) => {
            // The password is another one: the data directory is new, or the secret changed.
            client.batch_execute(&format!("ALTER ROLE {LOGIN} PASSWORD '{quoted}'")).await.map_err(pg)?;
            connect(pool).await?
        }
        Err(error) => return Err(error),
    };
    let served = look(&login).await?;
    if served.superuser || served.bypasses || served.owns_tables || !served.serves {
        return Err(StoreError::Configuration(format!(
            "role {LOGIN} must not be superuser, bypass row-level security or own tables: run\n\
             ALTER ROLE {LOGIN} NOSUPERUSER NOBYPASSRLS NOINHERIT"
        )));
    }
    Ok(())
}

/// The password in `login.secret`, made at the first start.
fn kept_password(dir: Option<&Path>) -> Result<String, StoreError> {
    let Some(dir) = dir else {
        return Err(StoreError::Configuration(
            "neither DAWSOS_SECRET_KEY nor a data directory is set: no place for the password of dawsos_login"
                .to_owned(),
        ));
    };
    let path = dir.join("login.secret");
    let io = |e: std::io::Error| StoreError::Configuration(format!("{}: {e}", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    let password = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    use std::os::unix::fs::OpenOptionsExt as _;
    // Written beside and linked, so that of two first starts one wins and both read the same file.
    let draft = dir.join(format!("login.secret.{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(io)?;
    file.write_all(password.as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)?;
    match std::fs::hard_link(&draft, &path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    let _ = std::fs::remove_file(&draft);
    std::fs::read_to_string(&path).map(|text| text.trim().to_owned()).map_err(io)
}
