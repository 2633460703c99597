//! Locks on files of the data directory. Invariant: the kernel gives a lock up when its process dies, however it dies.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, io};

/// An open lock file.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: File,
}

impl FileLock {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(io(format!("open {}", path.display())))?;
        Ok(Self { file })
    }

    fn flock(&self, operation: i32) -> std::io::Result<()> {
        loop {
            // SAFETY: the descriptor is open as long as `self.file` lives.
            #[allow(unsafe_code)]
            let result = unsafe { libc::flock(self.file.as_raw_fd(), operation) };
            if result == 0 {
                return Ok(());
            }
            let error = std::io::Error::last_os_error();
            if error.kind() != std::io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }

    /// Waits for a share.
    pub(crate) fn share(&self) -> Result<(), Error> {
        self.flock(libc::LOCK_SH).map_err(io("share the lock of the data directory"))
    }

    /// Waits until it is the only holder.
    pub(crate) fn exclude(&self) -> Result<(), Error> {
        self.flock(libc::LOCK_EX).map_err(io("lock the data directory"))
    }

    /// Lets a command and everything that it starts hold the lock too: it is given up when the last of them has ended.
    pub(crate) fn bequeath(&self, command: &mut Command) {
        let descriptor = self.file.as_raw_fd();
        // SAFETY: fcntl is async-signal-safe; the descriptor is open in the child, which is a copy of this process. It is
        // used while `self` lives because the command is run before it is dropped; later it fails with EBADF.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(move || match libc::fcntl(descriptor, libc::F_SETFD, 0) {
                -1 => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
    }

    /// Whether it became the only holder at once; a share that was held is lost otherwise.
    pub(crate) fn try_exclude(&self) -> bool {
        self.flock(libc::LOCK_EX | libc::LOCK_NB).is_ok()
    }
}

/// The right to be the one server of a data directory; given up when dropped or when the process dies.
#[derive(Debug)]
pub struct ServerLock {
    _lock: FileLock,
}

/// Makes this process the one server of a data directory; [`Error::InUse`] while another one is.
pub fn lock_server(data_dir: &Path) -> Result<ServerLock, Error> {
    std::fs::create_dir_all(data_dir).map_err(io(format!("create {}", data_dir.display())))?;
    let mut lock = FileLock::open(&data_dir.join("server.lock"))?;
    if !lock.try_exclude() {
        let mut holder = String::new();
        let _ = lock.file.read_to_string(&mut holder);
        return Err(Error::InUse { dir: data_dir.to_owned(), holder: holder.trim().to_owned() });
    }
    let write = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    write(&mut lock.file).map_err(io("write server.lock"))?;
    Ok(ServerLock { _lock: lock })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_server_at_a_time() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let first = lock_server(dir.path()).expect("first");
        let error = lock_server(dir.path()).expect_err("second");
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
        drop(first);
        lock_server(dir.path()).expect("after the first");
    }

    #[test]
    fn a_heir_keeps_the_lock() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("postgres.lock");
        let (one, two) = (FileLock::open(&path).expect("one"), FileLock::open(&path).expect("two"));
        assert!(one.try_exclude());
        let mut command = Command::new("cat");
        one.bequeath(&mut command);
        let mut heir = command.stdin(std::process::Stdio::piped()).spawn().expect("cat");
        drop(one);
        assert!(!two.try_exclude());
        drop(heir.stdin.take());
        heir.wait().expect("ended");
        assert!(two.try_exclude());
    }

    #[test]
    fn the_last_one_out_notices_it() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("app.lock");
        let (one, two) = (FileLock::open(&path).expect("one"), FileLock::open(&path).expect("two"));
        one.share().expect("share");
        two.share().expect("share");
        assert!(!one.try_exclude());
        drop(one);
        assert!(two.try_exclude());
    }
}
