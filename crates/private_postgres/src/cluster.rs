//! Opening the cluster of a data directory: adopt what runs, start what stands, make what is missing.
//! Invariant: the data directory holds either no cluster or a whole one; making it half-way leaves nothing behind.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::binaries::{Binaries, find_binaries};
use crate::error::{Error, io};
use crate::identity::Identity;
use crate::lock::FileLock;
use crate::process::{self, Postmaster, living, wait_until};

/// Longest path of a socket directory: `sun_path` holds 107 bytes, `/.s.PGSQL.5432` takes 14.
const SOCKET_DIR_BYTES_MAX: usize = 107 - 14;
const PORT: u16 = 5432;
const SUPERUSER: &str = "postgres";
const DATABASE: &str = "postgres";
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Recovery after a crash may take its time; a process that ended is noticed at once.
const START_PATIENCE: Duration = Duration::from_secs(300);
const ORPHAN_PATIENCE: Duration = Duration::from_secs(30);
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// What the cluster is opened with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The data directory; made if missing.
    pub data_dir: PathBuf,
    /// Directory of the programs (setting PG_BIN); no other is looked for then.
    pub pg_bin: Option<PathBuf>,
    /// Search path of programs (PATH of the environment).
    pub search_path: Option<std::ffi::OsString>,
    /// Directory of programs that were fetched because none are installed; default `<data_dir>/../postgres-bundle`.
    pub bundle_dir: Option<PathBuf>,
    /// Further server settings (`fsync=off`).
    pub settings: Vec<String>,
}

impl Options {
    /// Options for a data directory with nothing else given.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), ..Self::default() }
    }

    /// Settings for tests: faster, and a crash of the machine loses everything.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
        self
    }
}

/// A running cluster that this process uses. Dropping it stops the cluster if nobody else uses it.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    options: Options,
    password: String,
    state: Mutex<State>,
    adopted: bool,
    app_lock: FileLock,
    keep_running: bool,
}

#[derive(Debug)]
struct State {
    socket_dir: PathBuf,
}

#[derive(Debug, Clone)]
struct Layout {
    data: PathBuf,
    cluster: PathBuf,
    log: PathBuf,
    secret: PathBuf,
    /// Locked by whoever starts the cluster and, inherited, by each of its processes for as long as it lives.
    life: PathBuf,
    /// Names the postmaster that was told to stop, until it has.
    stopping: PathBuf,
}

impl Cluster {
    /// Opens the cluster of a data directory: adopts it if it runs, starts it if it stands, makes it if it is missing.
    pub fn open(options: Options) -> Result<Self, Error> {
        let layout = Layout::prepare(&options.data_dir)?;
        let app_lock = FileLock::open(&layout.data.join("app.lock"))?;
        // Held until the cluster is dropped or the process dies; whoever stops the cluster excludes us meanwhile.
        app_lock.share()?;
        let (socket_dir, adopted) = ensure_running(&layout, &options)?;
        let password = read_secret(&layout.secret)?;
        Ok(Self {
            layout,
            options,
            password,
            state: Mutex::new(State { socket_dir }),
            adopted,
            app_lock,
            keep_running: false,
        })
    }

    /// Whether it ran already.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Directory of the socket.
    #[must_use]
    pub fn socket_dir(&self) -> PathBuf {
        self.lock_state().socket_dir.clone()
    }

    /// Process id of the postmaster, while it lives.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        living(&self.layout.cluster).map(|p| p.pid)
    }

    /// `key=value` connection string of the superuser. It holds the password: never log it.
    #[must_use]
    pub fn connection_string(&self) -> String {
        self.connection_string_to(DATABASE)
    }

    /// As [`Cluster::connection_string`], for another database.
    #[must_use]
    pub fn connection_string_to(&self, database: &str) -> String {
        let socket_dir = self.socket_dir();
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        format!(
            "host='{}' port={PORT} user={SUPERUSER} password={} dbname='{}'",
            quoted(&socket_dir.to_string_lossy()),
            self.password,
            quoted(database)
        )
    }

    /// Starts the cluster again if it died; true if it did. Call it now and then.
    pub fn revive(&self) -> Result<bool, Error> {
        if living(&self.layout.cluster).is_some_and(|p| p.ready) {
            return Ok(false);
        }
        let (socket_dir, adopted) = ensure_running(&self.layout, &self.options)?;
        self.lock_state().socket_dir = socket_dir;
        Ok(!adopted)
    }

    /// Leaves the cluster running when this value is dropped: for a process that hands over to another.
    pub fn leave_running(mut self) {
        self.keep_running = true;
    }

    fn lock_state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    /// The last one out stops the cluster.
    fn drop(&mut self) {
        if !self.keep_running && self.app_lock.try_exclude() {
            stop(&self.layout);
        }
    }
}

impl Layout {
    fn prepare(data: &Path) -> Result<Self, Error> {
        if !data.is_absolute() {
            return Err(Error::BadPath { path: data.to_owned(), why: "the data directory must be an absolute path" });
        }
        std::fs::create_dir_all(data).map_err(io(format!("create {}", data.display())))?;
        let data = data.canonicalize().map_err(io(format!("open {}", data.display())))?;
        Ok(Self {
            cluster: data.join("pg"),
            log: data.join("postgres.log"),
            secret: data.join("postgres.secret"),
            life: data.join("postgres.lock"),
            stopping: data.join("postgres.stopping"),
            data,
        })
    }
}

fn ensure_running(layout: &Layout, options: &Options) -> Result<(PathBuf, bool), Error> {
    if let Some(found) = living(&layout.cluster).filter(|p| p.ready && !is_stopping(layout, p)) {
        return Ok((found.socket_dir, true));
    }
    // One process starts, the others wait here and then adopt.
    let start_lock = FileLock::open(&layout.data.join("start.lock"))?;
    start_lock.exclude()?;
    let life = FileLock::open(&layout.life)?;
    // Somebody may live here although nobody waits for it: a postmaster or an initdb whose starter was killed, a
    // postmaster whose stopper was killed, children of a crashed postmaster. Until `life` is ours it is adopted if it
    // becomes a cluster, and waited for if it ends.
    loop {
        if let Some(dir) = underway(layout)? {
            return Ok((dir, true));
        }
        let mut alone = false;
        let settled = wait_until(ORPHAN_PATIENCE, || {
            alone = life.try_exclude();
            alone || living(&layout.cluster).is_some()
        });
        if alone {
            break;
        }
        if !settled {
            return Err(Error::NotReady { log: layout.log.clone() });
        }
    }
    let needed = major_of_cluster(&layout.cluster)?;
    let default_bundle = layout.data.parent().map(|p| p.join("postgres-bundle"));
    let binaries = find_binaries(
        options.pg_bin.as_deref(),
        options.search_path.as_deref(),
        options.bundle_dir.as_deref().or(default_bundle.as_deref()),
        needed,
    )?;
    let identity = Identity::choose(&[&layout.cluster, &binaries.program("postgres")])?;
    if needed.is_none() {
        make(layout, &binaries, &identity, &life)?;
    }
    // Nobody works here now: the file of a crashed postmaster means nothing any more, but would stop the start if its
    // process id were in use again.
    process::reap_recorded(&layout.cluster);
    let _ = std::fs::remove_file(layout.cluster.join("postmaster.pid"));
    let _ = std::fs::remove_file(&layout.stopping);
    let pid = spawn(layout, options, &binaries, &identity, &life)?;
    wait_ready(layout, pid).map(|dir| (dir, false))
}

/// Waits for a postmaster that another process started; `None` if there is none, or if it was on its way out, told so by
/// a process that did not live to see it end.
fn underway(layout: &Layout) -> Result<Option<PathBuf>, Error> {
    let Some(found) = living(&layout.cluster) else { return Ok(None) };
    if is_stopping(layout, &found) {
        // Its stopper died between its note and the end; nobody has used it since, for whoever opens it comes here.
        return if process::stop(&found, &layout.cluster, STOP_PATIENCE) {
            Ok(None)
        } else {
            Err(Error::NotReady { log: layout.log.clone() })
        };
    }
    match wait_ready(layout, found.pid) {
        Ok(dir) => Ok(Some(dir)),
        Err(Error::Failed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Stops the cluster. The note comes first: between the signal and the postmaster's own word for it, its file still
/// says that it is ready, and a process that opens it then must know better.
fn stop(layout: &Layout) {
    let Some(found) = living(&layout.cluster) else { return };
    if write_private(&layout.stopping, &found.name()).is_ok() && process::stop(&found, &layout.cluster, STOP_PATIENCE) {
        let _ = std::fs::remove_file(&layout.stopping);
    }
}

/// Whether this very postmaster was told to stop.
fn is_stopping(layout: &Layout, found: &Postmaster) -> bool {
    std::fs::read_to_string(&layout.stopping).is_ok_and(|name| name == found.name())
}

fn major_of_cluster(cluster: &Path) -> Result<Option<u32>, Error> {
    let file = cluster.join("PG_VERSION");
    match std::fs::read_to_string(&file) {
        Ok(text) => match text.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(Error::BadPath { path: file, why: "is not a PostgreSQL version" }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(format!("read {}", file.display()))(error)),
    }
}

/// Runs initdb in a directory beside, which becomes the cluster only when it is whole.
fn make(layout: &Layout, binaries: &Binaries, identity: &Identity, life: &FileLock) -> Result<(), Error> {
    let draft = layout.data.join("pg.making");
    if draft.exists() {
        std::fs::remove_dir_all(&draft).map_err(io(format!("remove {}", draft.display())))?;
    }
    if layout.cluster.exists() {
        return Err(Error::BadPath {
            path: layout.cluster.clone(),
            why: "exists but is no PostgreSQL cluster: move it away",
        });
    }
    std::fs::create_dir(&draft).map_err(io(format!("create {}", draft.display())))?;
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o700))
        .map_err(io(format!("chmod {}", draft.display())))?;
    identity.own(&draft)?;
    let password = make_secret(&layout.secret)?;
    let password_file = layout.data.join("initdb.password");
    let result = write_private(&password_file, &password)
        .and_then(|()| identity.own(&password_file))
        .and_then(|()| run_initdb(&draft, &password_file, binaries, identity, life));
    let _ = std::fs::remove_file(&password_file);
    result?;
    std::fs::rename(&draft, &layout.cluster).map_err(io(format!("rename {}", draft.display())))
}

fn run_initdb(
    draft: &Path,
    password_file: &Path,
    binaries: &Binaries,
    identity: &Identity,
    life: &FileLock,
) -> Result<(), Error> {
    let mut command = Command::new(binaries.program("initdb"));
    command
        .arg("-D")
        .arg(draft)
        .args(["-U", SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"])
        .arg(format!("--pwfile={}", password_file.display()));
    life.bequeath(&mut command);
    let output = sober(&mut command, identity).output().map_err(io("run initdb"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::Failed { program: "initdb".to_owned(), output: last_lines(&String::from_utf8_lossy(&text)) })
}

/// A command with nothing inherited that could change what it does.
fn sober<'a>(command: &'a mut Command, identity: &Identity) -> &'a mut Command {
    identity.apply(command);
    command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin").current_dir("/").stdin(Stdio::null())
}

fn spawn(
    layout: &Layout,
    options: &Options,
    binaries: &Binaries,
    identity: &Identity,
    life: &FileLock,
) -> Result<i32, Error> {
    let socket_dir = socket_dir(layout, identity)?;
    if std::fs::metadata(&layout.log).is_ok_and(|meta| meta.len() > LOG_BYTES_MAX) {
        let _ = std::fs::rename(&layout.log, layout.log.with_extension("log.old"));
    }
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&layout.log)
        .map_err(io(format!("open {}", layout.log.display())))?;
    let log_too = log.try_clone().map_err(io("open the log"))?;
    let mut command = Command::new(binaries.program("postgres"));
    command.arg("-D").arg(&layout.cluster).arg("-k").arg(&socket_dir).args(["-p", &PORT.to_string()]);
    let fixed = [
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "jit=off",
        "shared_buffers=128MB",
        "max_connections=120",
        "wal_level=minimal",
        "max_wal_senders=0",
        "log_checkpoints=off",
    ];
    for setting in fixed.into_iter().chain(options.settings.iter().map(String::as_str)) {
        command.args(["-c", setting]);
    }
    life.bequeath(&mut command);
    sober(&mut command, identity).stdout(log).stderr(log_too);
    // SAFETY: setsid is async-signal-safe; a new session keeps the cluster from our terminal's signals.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            Ok(())
        });
    }
    let child = command.spawn().map_err(io("start postgres"))?;
    // The child lives on without us; its end is noticed by `living` and `reap`.
    i32::try_from(child.id()).map_err(|_| Error::NotReady { log: layout.log.clone() })
}

/// `<data>/run` where its path is short enough, else a short directory that belongs to this data directory.
fn socket_dir(layout: &Layout, identity: &Identity) -> Result<PathBuf, Error> {
    let near = layout.data.join("run");
    let dir = if near.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
        near
    } else {
        PathBuf::from(format!("/tmp/dawsos-{:016x}", fnv(layout.data.as_os_str().as_encoded_bytes())))
    };
    match std::fs::DirBuilder::new().create(&dir) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => check_owned(&dir, identity)?,
        Err(error) => return Err(io(format!("create {}", dir.display()))(error)),
    }
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700))
        .map_err(io(format!("chmod {}", dir.display())))?;
    identity.own(&dir)?;
    // Nobody works in the cluster now, so a lock on its socket is one that a crash left.
    let _ = std::fs::remove_file(dir.join(format!(".s.PGSQL.{PORT}.lock")));
    Ok(dir)
}

/// A directory in /tmp that somebody else made before us is not used.
fn check_owned(dir: &Path, identity: &Identity) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::symlink_metadata(dir).map_err(io(format!("open {}", dir.display())))?;
    // SAFETY: geteuid has no preconditions.
    #[allow(unsafe_code)]
    let mut allowed = vec![unsafe { libc::geteuid() }];
    if let Identity::Drop { uid, .. } = identity {
        allowed.push(*uid);
    }
    if meta.is_dir() && allowed.contains(&meta.uid()) {
        return Ok(());
    }
    Err(Error::BadPath { path: dir.to_owned(), why: "belongs to somebody else" })
}

/// FNV-1a, for a short stable name.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn wait_ready(layout: &Layout, pid: i32) -> Result<PathBuf, Error> {
    let mut socket_dir = None;
    let mut died = false;
    wait_until(START_PATIENCE, || {
        process::reap(pid);
        if let Some(found) = living(&layout.cluster).filter(|p| p.ready) {
            socket_dir = Some(found.socket_dir);
            return true;
        }
        died = !process::lives(pid);
        died
    });
    match socket_dir {
        Some(dir) => Ok(dir),
        None if died => {
            Err(Error::Failed { program: "postgres".to_owned(), output: last_lines(&read_tail(&layout.log)) })
        }
        None => Err(Error::NotReady { log: layout.log.clone() }),
    }
}

fn read_tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text[text.len().saturating_sub(4096)..]).into_owned()
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join(" / ")
}

/// A new password of the superuser, kept in the data directory; one that is there already is used.
fn make_secret(path: &Path) -> Result<String, Error> {
    if let Ok(secret) = read_secret(path) {
        return Ok(secret);
    }
    let mut bytes = [0u8; 32];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).map_err(io("read /dev/urandom"))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(path, &secret)?;
    Ok(secret)
}

fn read_secret(path: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(path).map_err(io(format!("read {}", path.display())))?;
    let secret = text.trim();
    if secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(secret.to_owned())
    } else {
        Err(Error::BadPath { path: path.to_owned(), why: "is not a password made by this program" })
    }
}

fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let what = || format!("write {}", path.display());
    let _ = std::fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io(what()))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io(what()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_data_directories_get_a_short_socket() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let deep = dir.path().join("d".repeat(120));
        let layout = Layout::prepare(&deep).expect("layout");
        let socket = socket_dir(&layout, &Identity::Same).expect("socket directory");
        assert!(socket.as_os_str().len() <= SOCKET_DIR_BYTES_MAX, "{}", socket.display());
        std::fs::remove_dir(&socket).expect("remove");
    }

    #[test]
    fn relative_data_directories_are_refused() {
        let error = Cluster::open(Options::new("data")).expect_err("relative");
        assert!(error.to_string().contains("absolute"), "{error}");
    }

    #[test]
    fn a_secret_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("secret");
        let first = make_secret(&path).expect("made");
        assert_eq!(make_secret(&path).expect("kept"), first);
        assert_eq!(std::fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").expect("write");
        assert!(read_secret(&path).is_err());
    }
}
