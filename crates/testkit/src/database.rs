//! A database for one test, copied from a migrated template. Invariant: it holds the current schema and no user.

use std::sync::Arc;
use std::time::Duration;

use store::{Store, StoreConfig, StoreError};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::cluster::{Shared, shared};

const TEMPLATE: &str = "dawsos_template";

/// A database that is dropped with this value.
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A new migrated database.
    pub async fn create() -> Self {
        let cluster = shared();
        ensure_template(cluster).await;
        let name = format!("t_{}", Uuid::new_v4().simple());
        run(cluster, &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
        Self { name }
    }

    /// A new database without any schema.
    pub async fn empty() -> Self {
        let name = format!("t_{}", Uuid::new_v4().simple());
        run(shared(), &format!("CREATE DATABASE {name}")).await;
        Self { name }
    }

    /// Connection string of the superuser.
    #[must_use]
    pub fn url(&self) -> String {
        shared().url(&self.name)
    }

    /// Configuration of a store on this database; change it before connecting where a test needs to.
    #[must_use]
    pub fn config(&self) -> StoreConfig {
        let mut config = StoreConfig::new(self.url());
        config.login_password = Some(shared().login_password());
        config.pool_min = 1;
        config
    }

    /// A store on this database.
    pub async fn store(&self) -> Arc<Store> {
        self.try_store().await.expect("store on the test database")
    }

    /// A store on this database, or why there is none.
    pub async fn try_store(&self) -> Result<Arc<Store>, StoreError> {
        Store::connect(self.config()).await
    }

    /// A connection as superuser, which row-level security does not bind.
    pub async fn admin(&self) -> Client {
        connect(&self.url()).await
    }

    /// A connection as the login role of the server.
    pub async fn login(&self) -> Client {
        let mut config: tokio_postgres::Config = self.url().parse().expect("connection string");
        config.user("dawsos_login").password(shared().login_password());
        let (client, connection) = config.connect(NoTls).await.expect("login role");
        tokio::spawn(connection);
        client
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own: the test's runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(run(shared(), &statement));
            }
        });
        let _ = dropped.join();
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("test cluster");
    tokio::spawn(connection);
    client
}

async fn run(cluster: &Shared, statement: &str) {
    connect(&cluster.url("postgres")).await.batch_execute(statement).await.expect(statement);
}

/// Migrates the template once per cluster; other processes wait.
async fn ensure_template(cluster: &'static Shared) {
    static DONE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    DONE.get_or_init(|| async {
        let _lock = tokio::task::spawn_blocking(|| cluster.lock()).await.expect("lock");
        let admin = connect(&cluster.url("postgres")).await;
        let there = admin
            .query_opt("SELECT FROM pg_database WHERE datname = $1 AND NOT datallowconn", &[&TEMPLATE])
            .await
            .expect("databases");
        if there.is_some() {
            return;
        }
        let statement = format!("DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)");
        admin.batch_execute(&statement).await.expect("drop a half-made template");
        admin.batch_execute(&format!("CREATE DATABASE {TEMPLATE}")).await.expect("template");
        let mut config = StoreConfig::new(cluster.url(TEMPLATE));
        config.login_password = Some(cluster.login_password());
        config.pool_min = 1;
        let store = Store::connect(config).await.expect("migrated template");
        drop(store);
        let statement = format!("ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false");
        admin.batch_execute(&statement).await.expect("close the template");
        // A database can be copied only when nobody is connected to it.
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        for _ in 0..200 {
            if admin.query(others, &[&TEMPLATE]).await.expect("connections").is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("connections to the template do not end");
    })
    .await;
}
