//! The postmaster as a process: whether it lives, what it says of itself, how it stops.
//! Invariant: a process id alone proves nothing; the process must also be a `postgres` that works in our directory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time between two looks at a process.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What `postmaster.pid` says of a process, and when the kernel says that it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    pub(crate) socket_dir: PathBuf,
    pub(crate) ready: bool,
    /// Clock ticks since the machine's start; with the process id it names the process for good.
    pub(crate) began: u64,
}

impl Postmaster {
    /// A name that no other process of this machine's run has.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.pid, self.began)
    }
}

/// The living postmaster of a cluster directory, if there is one.
pub(crate) fn living(cluster: &Path) -> Option<Postmaster> {
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let mut found = parse(&text)?;
    found.began = began_here(found.pid, cluster)?;
    Some(found)
}

fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
    let socket_dir = lines.nth(3).unwrap_or_default().trim();
    let status = lines.nth(2).unwrap_or_default().trim();
    Some(Postmaster { pid, socket_dir: PathBuf::from(socket_dir), ready: status == "ready", began: 0 })
}

/// Name, state and start of a process as `/proc/<pid>/stat` has them; `None` for one that ended, waited for or not.
fn stat(pid: i32) -> Option<(String, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = tail.split_ascii_whitespace();
    let state = fields.next()?;
    let began = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some((name, began))
}

/// Whether a process lives; a zombie does not.
pub(crate) fn lives(pid: i32) -> bool {
    stat(pid).is_some()
}

/// When a process began, if it lives, is a postgres, and works in this cluster directory.
fn began_here(pid: i32, cluster: &Path) -> Option<u64> {
    let (name, began) = stat(pid)?;
    if !name.starts_with("postgres") {
        return None;
    }
    match std::fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(cwd) => cluster.canonicalize().is_ok_and(|ours| cwd == ours).then_some(began),
        // Another user's process: its file in our directory has to do.
        Err(_) => Some(began),
    }
}

/// Asks a postmaster to stop at once but in order (fast shutdown), and waits; false when it still lives.
pub(crate) fn stop(postmaster: &Postmaster, cluster: &Path, patience: Duration) -> bool {
    // SAFETY: the process id was read and checked just now.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(postmaster.pid, libc::SIGINT);
    }
    wait_until(patience, || {
        reap(postmaster.pid);
        began_here(postmaster.pid, cluster) != Some(postmaster.began)
    })
}

/// Takes the exit status of a child, so that it does not stay a zombie; nothing happens for other processes.
pub(crate) fn reap(pid: i32) {
    // SAFETY: waiting for a process that is not a child returns an error at once.
    #[allow(unsafe_code)]
    unsafe {
        libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG);
    }
}

/// Takes the exit status of the postmaster that `postmaster.pid` names, if it was our child and ended.
pub(crate) fn reap_recorded(cluster: &Path) {
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
    if let Some(found) = parse(&text) {
        reap(found.pid);
    }
}

/// Looks again and again until `done` or until patience ends.
pub(crate) fn wait_until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + patience;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_pid_file_while_it_grows() {
        let whole = "4711\n/data/pg\n1700000000\n5432\n/data/run\n\n  5432001         3\nready   \n";
        let starting = whole.replace("ready   ", "starting");
        let found = parse(whole).expect("whole");
        assert_eq!((found.pid, found.socket_dir.as_path(), found.ready), (4711, Path::new("/data/run"), true));
        assert!(!parse(&starting).expect("starting").ready);
        assert!(!parse("4711\n/data/pg\n").expect("early").ready);
        assert_eq!(parse(""), None);
        assert_eq!(parse("-1\n"), None);
    }

    #[test]
    fn a_reused_process_id_is_not_a_postmaster() {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::write(dir.path().join("postmaster.pid"), format!("{}\n", std::process::id())).expect("file");
        assert_eq!(living(dir.path()), None);
    }
}
