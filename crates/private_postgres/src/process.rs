//! The postmaster as a process: whether it lives, what it says of itself, how it stops.
//! Invariant: a process id alone proves nothing; the process must also be a `postgres` that works in our directory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time between two looks at a process.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What `postmaster.pid` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    pub(crate) socket_dir: PathBuf,
    pub(crate) ready: bool,
}

/// The living postmaster of a cluster directory, if there is one.
pub(crate) fn living(cluster: &Path) -> Option<Postmaster> {
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let found = parse(&text)?;
    is_ours(found.pid, cluster).then_some(found)
}

fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
    let socket_dir = lines.nth(3).unwrap_or_default().trim();
    let status = lines.nth(2).unwrap_or_default().trim();
    Some(Postmaster { pid, socket_dir: PathBuf::from(socket_dir), ready: status == "ready" })
}

/// Whether a process lives (a zombie does not), is a postgres, and works in this cluster directory.
fn is_ours(pid: i32, cluster: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let Ok(stat) = std::fs::read_to_string(proc.join("stat")) else {
        return false;
    };
    let Some((head, tail)) = stat.rsplit_once(')') else {
        return false;
    };
    let is_postgres = head.split_once('(').is_some_and(|(_, comm)| comm.starts_with("postgres"));
    let is_zombie = tail.trim_start().starts_with('Z');
    if !is_postgres || is_zombie {
        return false;
    }
    match std::fs::read_link(proc.join("cwd")) {
        Ok(cwd) => cluster.canonicalize().is_ok_and(|ours| cwd == ours),
        // Another user's process: its file in our directory has to do.
        Err(_) => true,
    }
}

/// Whether any process works in a cluster directory: children of a crashed postmaster do until they notice.
pub(crate) fn anyone_in(cluster: &Path) -> bool {
    let Ok(ours) = cluster.canonicalize() else {
        return false;
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()))
        .any(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == ours))
}

/// Asks a postmaster to stop at once but in order (fast shutdown), and waits; false when it still lives.
pub(crate) fn stop(cluster: &Path, patience: Duration) -> bool {
    let Some(postmaster) = living(cluster) else {
        return true;
    };
    // SAFETY: the process id was read and checked just now.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(postmaster.pid, libc::SIGINT);
    }
    wait_until(patience, || {
        reap(postmaster.pid);
        !is_ours(postmaster.pid, cluster)
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
