//! Starts real clusters: made, adopted, left behind by a killed process, restarted after a crash of their own.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

use private_postgres::{Cluster, Error, Options};

/// A directory that another account can pass, as the data directory of a root server must be.
fn data_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("temporary directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).expect("mode");
    dir
}

fn options(dir: &std::path::Path) -> Options {
    let mut options = Options::new(dir.join("data")).volatile();
    options.search_path = std::env::var_os("PATH");
    options
}

fn answers(cluster: &Cluster) -> bool {
    UnixStream::connect(cluster.socket_dir().join(".s.PGSQL.5432")).is_ok()
}

#[test]
fn made_adopted_and_stopped_by_the_last() {
    let dir = data_dir();
    let first = Cluster::open(options(dir.path())).expect("first");
    assert!(!first.adopted());
    assert!(answers(&first));
    let pid = first.pid().expect("pid");
    let second = Cluster::open(options(dir.path())).expect("second");
    assert!(second.adopted());
    assert_eq!(second.pid(), Some(pid));
    assert_eq!(second.connection_string(), first.connection_string());
    drop(first);
    assert!(answers(&second), "somebody still uses it");
    let socket = second.socket_dir().join(".s.PGSQL.5432");
    drop(second);
    assert!(UnixStream::connect(&socket).is_err(), "the last one stops it");
    let third = Cluster::open(options(dir.path())).expect("third");
    assert!(!third.adopted());
    assert_ne!(third.pid(), Some(pid));
    assert!(answers(&third));
}

#[test]
fn a_crashed_postmaster_is_replaced() {
    let dir = data_dir();
    let cluster = Cluster::open(options(dir.path())).expect("cluster");
    assert!(!cluster.revive().expect("alive"));
    let pid = cluster.pid().expect("pid");
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill");
    assert!(killed.success());
    while cluster.pid().is_some() {
        std::thread::yield_now(); // the kernel ends it in its own time
    }
    assert!(cluster.revive().expect("started again"));
    assert!(answers(&cluster));
    assert_ne!(cluster.pid(), Some(pid));
}

/// Runs this test binary again as a process that opens a cluster and is then killed.
#[test]
fn survives_the_death_of_its_server() {
    let dir = data_dir();
    if let Some(path) = std::env::var_os("PRIVATE_POSTGRES_TEST_CHILD") {
        let cluster = Cluster::open(options(std::path::Path::new(&path))).expect("child");
        println!("pid {}", cluster.pid().expect("pid"));
        loop {
            std::thread::park();
        }
    }
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "survives_the_death_of_its_server", "--nocapture"])
        .env("PRIVATE_POSTGRES_TEST_CHILD", dir.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("child");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("stdout")));
    let pid: i32 = lines
        .find_map(|line| line.expect("line").rsplit_once("pid ").map(|(_, pid)| pid.parse().expect("number")))
        .expect("the child says its postmaster");
    child.kill().expect("kill -9");
    child.wait().expect("wait");
    let adopter = Cluster::open(options(dir.path())).expect("adopter");
    assert!(adopter.adopted());
    assert_eq!(adopter.pid(), Some(pid));
    assert!(answers(&adopter));
}

#[test]
fn works_in_a_directory_that_only_its_owner_can_pass() {
    let dir = tempfile::tempdir().expect("temporary directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).expect("mode");
    match Cluster::open(options(dir.path())) {
        Ok(cluster) => assert!(answers(&cluster)),
        // Where user namespaces are forbidden, the error names the directory.
        Err(Error::Unreachable { path, .. }) => assert!(path.starts_with(dir.path())),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_interrupted_initdb_leaves_nothing_in_the_way() {
    let dir = data_dir();
    let making = dir.path().join("data/pg.making");
    std::fs::create_dir_all(&making).expect("directory");
    std::fs::write(making.join("PG_VERSION"), "15").expect("file");
    let cluster = Cluster::open(options(dir.path())).expect("cluster");
    assert!(answers(&cluster));
    assert!(!making.exists());
}

/// Runs this test binary again as a process that opens and leaves a cluster, and kills it at many moments between: while
/// `initdb` runs, while the postmaster starts, while it stops. Whoever comes next gets a cluster that answers and stays.
#[test]
fn a_killed_starter_or_stopper_is_followed_at_any_moment() {
    let dir = data_dir();
    if let Some(path) = std::env::var_os("PRIVATE_POSTGRES_TEST_CHILD") {
        drop(Cluster::open(options(std::path::Path::new(&path))).expect("child"));
        return;
    }
    let run = || {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "a_killed_starter_or_stopper_is_followed_at_any_moment"])
            .env("PRIVATE_POSTGRES_TEST_CHILD", dir.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        command.spawn().expect("child")
    };
    // How long a start and a stop take here: the first of them makes the cluster.
    let times = [(); 2].map(|()| {
        let begin = std::time::Instant::now();
        assert!(run().wait().expect("ended").success());
        begin.elapsed()
    });
    for round in 0..36_u32 {
        // Every sixth round begins with nothing.
        let made = if round % 6 == 0 { times[0] } else { times[1] };
        if round % 6 == 0 {
            std::fs::remove_dir_all(dir.path().join("data")).expect("removed");
        }
        let mut child = run();
        let share = f64::from(round * 7 % 36) / 36.0;
        std::thread::sleep(made.mul_f64(share)); // the moment of the kill, not a wait for something
        child.kill().expect("kill -9");
        child.wait().expect("wait");
        let next = Cluster::open(options(dir.path())).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(answers(&next), "round {round}");
        let pid = next.pid().unwrap_or_else(|| panic!("round {round}: no postmaster"));
        assert!(next.pid() == Some(pid) && !next.revive().expect("alive"), "round {round}: it went away");
        drop(next);
        // A stopped cluster is gone: nobody else started a second one meanwhile.
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "round {round}: {state}");
        assert!(!dir.path().join("data/pg/postmaster.pid").exists(), "round {round}: a second postmaster");
    }
}
