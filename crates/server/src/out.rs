//! Standard output. Invariant: a reader that went away (`| head`) ends no command with a panic, and a full disk is said.
//!
//! The macros take the place of the standard library's in this crate, which panic in both cases.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static FAILED: AtomicBool = AtomicBool::new(false);

macro_rules! print {
    ($($text:tt)*) => { $crate::out::write(format_args!($($text)*)) };
}

macro_rules! println {
    () => { $crate::out::write(format_args!("\n")) };
    ($($text:tt)*) => { $crate::out::write(format_args!("{}\n", format_args!($($text)*))) };
}

/// Writes text, unless writing failed before.
pub(crate) fn write(text: Arguments<'_>) {
    write_to(&mut std::io::stdout().lock(), &FAILED, text);
}

fn write_to(out: &mut impl Write, failed: &AtomicBool, text: Arguments<'_>) {
    if failed.load(Ordering::Relaxed) {
        return;
    }
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Ok(()) => {}
        // The reader has what it wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            failed.store(true, Ordering::Relaxed);
            eprintln!("dawsos: standard output cannot be written: {error}");
        }
    }
}

/// Whether something could not be written that a reader still waits for.
pub fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_failure_and_a_full_disk_is_one() {
        for (kind, wanted) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let failed = AtomicBool::new(false);
            write_to(&mut Refusing(kind), &failed, format_args!("text"));
            assert_eq!(failed.load(Ordering::Relaxed), wanted, "{kind:?}");
        }
    }
}
