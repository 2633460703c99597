//! As whom PostgreSQL runs: it refuses to be root, and needs a name for its user at initdb.
//! Invariant: the chosen way lets the cluster reach its files, or there is an error that names the obstacle.

use std::ffi::CString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// Id that the caller appears as inside the user namespace; `nobody` on Linux.
const NOBODY: u32 = 65534;

/// How the programs of PostgreSQL are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As the caller.
    Same,
    /// As another account: the caller is root.
    Drop { uid: u32, gid: u32, account: String },
    /// In a user namespace where the caller appears as `nobody`; files stay the caller's.
    Namespace,
}

impl Identity {
    /// Chooses for files below `paths`: root drops to `postgres` or `nobody` where they can reach the files, else a
    /// user namespace is used; an ordinary user with an entry in passwd stays itself.
    pub(crate) fn choose(paths: &[&Path]) -> Result<Self, Error> {
        // SAFETY: geteuid has no preconditions.
        #[allow(unsafe_code)]
        let euid = unsafe { libc::geteuid() };
        if euid != 0 {
            return Ok(if has_entry(euid) || !namespaces_work() { Self::Same } else { Self::Namespace });
        }
        let accounts = ["postgres", "nobody"];
        let known: Vec<Self> = accounts.into_iter().filter_map(account).collect();
        let mut obstacle = None;
        for identity in &known {
            let Self::Drop { uid, gid, account } = identity else {
                continue;
            };
            match paths.iter().find_map(|path| unreachable_part(path, *uid, *gid)) {
                None => return Ok(identity.clone()),
                Some(path) => obstacle = obstacle.or(Some((path, account.clone()))),
            }
        }
        if namespaces_work() {
            return Ok(Self::Namespace);
        }
        let (path, account) = obstacle.unwrap_or_else(|| (paths[0].to_owned(), "nobody".to_owned()));
        Err(Error::Unreachable { path, account })
    }

    /// Prepares a command to run under this identity.
    pub(crate) fn apply(&self, command: &mut Command) {
        match self {
            Self::Same => {}
            Self::Drop { uid, gid, .. } => {
                command.uid(*uid).gid(*gid);
            }
            Self::Namespace => {
                // SAFETY: between fork and exec only system calls on prepared data are made.
                #[allow(unsafe_code)]
                unsafe {
                    command.pre_exec(enter_namespace);
                }
            }
        }
    }

    /// Gives a file or directory to this identity.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        if let Self::Drop { uid, gid, .. } = self {
            std::os::unix::fs::chown(path, Some(*uid), Some(*gid))
                .map_err(crate::error::io(format!("chown {}", path.display())))?;
        }
        Ok(())
    }
}

fn account(name: &str) -> Option<Identity> {
    let c_name = CString::new(name).ok()?;
    // SAFETY: the name is a valid C string; the result is read before any other call that could overwrite it.
    #[allow(unsafe_code)]
    let (uid, gid) = unsafe {
        let entry = libc::getpwnam(c_name.as_ptr());
        if entry.is_null() {
            return None;
        }
        ((*entry).pw_uid, (*entry).pw_gid)
    };
    Some(Identity::Drop { uid, gid, account: name.to_owned() })
}

fn has_entry(uid: u32) -> bool {
    // SAFETY: getpwuid has no preconditions; only whether it found something is used.
    #[allow(unsafe_code)]
    let entry = unsafe { libc::getpwuid(uid) };
    !entry.is_null()
}

/// The first existing directory above `path` that the account may not pass.
fn unreachable_part(path: &Path, uid: u32, gid: u32) -> Option<std::path::PathBuf> {
    path.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()).find_map(|dir| {
        let meta = std::fs::metadata(dir).ok()?;
        let bit = if meta.uid() == uid {
            0o100
        } else if meta.gid() == gid {
            0o010
        } else {
            0o001
        };
        (meta.mode() & bit == 0).then(|| dir.to_owned())
    })
}

/// Whether this process may make user namespaces (containers often forbid it).
fn namespaces_work() -> bool {
    let mut probe = Command::new("/bin/true");
    Identity::Namespace.apply(&mut probe);
    probe.status().is_ok_and(|status| status.success())
}

/// Runs in the child: makes a user namespace and maps the caller to `nobody` in it.
fn enter_namespace() -> io::Result<()> {
    // SAFETY: geteuid, getegid and unshare have no preconditions.
    #[allow(unsafe_code)]
    let (euid, egid, result) = unsafe { (libc::geteuid(), libc::getegid(), libc::unshare(libc::CLONE_NEWUSER)) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    write_map(c"/proc/self/setgroups", b"deny")?;
    let mut line = [0u8; 40];
    let length = map_line(&mut line, euid);
    write_map(c"/proc/self/uid_map", &line[..length])?;
    let length = map_line(&mut line, egid);
    write_map(c"/proc/self/gid_map", &line[..length])
}

/// `65534 <outside> 1`, without allocating: the child of a threaded process must not.
fn map_line(line: &mut [u8; 40], outside: u32) -> usize {
    use std::io::Write;
    let mut cursor = io::Cursor::new(&mut line[..]);
    // 40 bytes hold any three numbers of this size.
    let _ = write!(cursor, "{NOBODY} {outside} 1");
    usize::try_from(cursor.position()).unwrap_or(0)
}

fn write_map(path: &std::ffi::CStr, text: &[u8]) -> io::Result<()> {
    // SAFETY: path and buffer are valid for the calls; the descriptor is closed once.
    #[allow(unsafe_code)]
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        let written = libc::write(file, text.as_ptr().cast(), text.len());
        let error = io::Error::last_os_error();
        libc::close(file);
        if usize::try_from(written) == Ok(text.len()) { Ok(()) } else { Err(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn map_lines_are_what_the_kernel_reads() {
        for (outside, expected) in [(0, "65534 0 1"), (1000, "65534 1000 1"), (u32::MAX, "65534 4294967295 1")] {
            let mut line = [0u8; 40];
            let length = map_line(&mut line, outside);
            assert_eq!(std::str::from_utf8(&line[..length]), Ok(expected));
        }
    }

    #[test]
    fn a_closed_directory_is_named() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let closed = dir.path().join("closed");
        std::fs::create_dir(&closed).expect("directory");
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).expect("mode");
        let stranger = 54_321;
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).expect("mode");
        assert_eq!(unreachable_part(&closed.join("pg"), stranger, stranger), Some(closed.clone()));
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o711)).expect("mode");
        assert_eq!(unreachable_part(&closed.join("pg"), stranger, stranger), None);
    }
}
