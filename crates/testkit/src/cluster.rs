//! One cluster for all test processes of a run. Invariant: it ends with the run (the parent of the test processes).

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use private_postgres::{Cluster, Options};

/// A cluster that many test processes use at once.
pub(crate) struct Shared {
    cluster: Cluster,
    dir: PathBuf,
}

/// The cluster of this run: started by the first test that asks, adopted by the others.
pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let run = std::os::unix::process::parent_id();
        let dir = PathBuf::from(format!("/tmp/dawsos-test-{run}"));
        let new = std::fs::create_dir(&dir).is_ok();
        if new {
            std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).expect("mode of the test directory");
        }
        let mut options = Options::new(dir.join("data")).volatile();
        options.search_path = std::env::var_os("PATH");
        options.pg_bin = std::env::var_os("PG_BIN").map(PathBuf::from);
        options.settings.extend(["max_connections=400", "shared_buffers=256MB"].map(str::to_owned));
        let cluster = Cluster::open(options).expect("private PostgreSQL for the tests");
        if new {
            watch(run, cluster.pid().expect("postmaster"), &dir);
        }
        Shared { cluster, dir }
    })
}

impl Shared {
    /// Connection string of the superuser to a database.
    pub(crate) fn url(&self, database: &str) -> String {
        self.cluster.connection_string_to(database)
    }

    /// A password for the login role that all test processes agree on, and nobody else knows.
    pub(crate) fn login_password(&self) -> String {
        std::fs::read_to_string(self.dir.join("data/postgres.secret"))
            .expect("secret of the cluster")
            .trim()
            .chars()
            .rev()
            .collect()
    }

    /// Runs `work` while no other test process does; the lock ends with the process at the latest.
    pub(crate) fn lock(&self) -> File {
        let file = File::create(self.dir.join("template.lock")).expect("lock file");
        file.lock().expect("lock");
        file
    }
}

/// Stops the cluster and removes its directory when the run is over, however it ends.
fn watch(run: u32, postmaster: i32, dir: &Path) {
    // The outer shell ends at once, so that the watcher belongs to nobody.
    let script = "( while [ -d /proc/$1 ]; do sleep 1; done; kill -INT $2; while [ -d /proc/$2 ]; do sleep 0.1; done; \
                  rm -rf \"$3\" ) &";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh", &run.to_string(), &postmaster.to_string()])
        .arg(dir)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command.status().expect("watcher of the test cluster");
}
