//! A file that waits for room.

use std::collections::VecDeque;
use std::io::{self, Seek, SeekFrom, Write};

/// A file written from front to back that never holds a byte out of place: what cannot be written now waits in memory
/// and is written from exactly where it stopped, once there is room again.
///
/// A full disk, a quota, a file system gone read-only and a lost network share all look like this: some write takes
/// fewer bytes than it was given, or none.
#[derive(Debug)]
pub(super) struct PatientFile<F> {
    file: F,
    /// Bytes in the file.
    n_written: u64,
    /// Bytes that belong behind them, oldest first.
    waiting: VecDeque<u8>,
    /// Why they wait.
    trouble: Option<io::Error>,
}

impl<F: Write + Seek> PatientFile<F> {
    /// Goes on behind the first `n_written` bytes of a file.
    pub(super) fn new(file: F, n_written: u64) -> io::Result<PatientFile<F>> {
        let mut file = PatientFile { file, n_written, waiting: VecDeque::new(), trouble: None };
        file.file.seek(SeekFrom::Start(n_written))?;
        Ok(file)
    }

    /// Adds bytes, which wait if there is no room for them.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if !self.waiting.is_empty() {
            self.waiting.extend(bytes);
            return;
        }
        let n = self.write(bytes);
        self.waiting.extend(bytes.get(n..).unwrap_or_default());
    }

    /// Writes what waits, as far as there is room.
    ///
    /// # Errors
    ///
    /// The trouble, if anything still waits; nothing is lost by it.
    pub(super) fn settle(&mut self) -> Result<(), &io::Error> {
        if !self.waiting.is_empty() {
            // A write that failed may have left the file's position anywhere.
            if let Err(error) = self.file.seek(SeekFrom::Start(self.n_written)) {
                return Err(self.trouble.insert(error));
            }
        }
        while !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            let front = waiting.as_slices().0.len();
            let n = self.write(waiting.as_slices().0);
            self.waiting = waiting;
            self.waiting.drain(..n);
            if n < front {
                break;
            }
        }
        if self.waiting.is_empty() {
            self.waiting.shrink_to(0);
            self.trouble = None;
        }
        self.trouble.as_ref().map_or(Ok(()), Err)
    }

    /// Bytes in the file.
    pub(super) const fn n_written(&self) -> u64 {
        self.n_written
    }

    /// Bytes that wait.
    pub(super) fn n_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Why bytes wait; `None` if none do.
    pub(super) const fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    /// The file.
    pub(super) const fn file(&self) -> &F {
        &self.file
    }

    /// Goes on in another file that holds the same bytes.
    pub(super) fn replace(&mut self, mut file: F) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.n_written))?;
        self.file = file;
        Ok(())
    }

    /// Writes as much as there is room for, notes the trouble if that is not all, and returns how much it was.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut n = 0;
        while let Some(rest) = bytes.get(n..).filter(|rest| !rest.is_empty()) {
            match self.file.write(rest) {
                Ok(0) => {
                    self.trouble = Some(io::ErrorKind::WriteZero.into());
                    break;
                }
                Ok(taken) => {
                    n += taken;
                    self.n_written += taken as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.trouble = Some(error);
                    break;
                }
            }
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A disk of a size that changes. A write that fails leaves the position somewhere else, as is allowed.
    #[derive(Debug, Default)]
    struct Disk {
        bytes: Cursor<Vec<u8>>,
        size: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.size.saturating_sub(self.bytes.position() as usize);
            if room == 0 {
                self.bytes.set_position(7);
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.write(&bytes[..bytes.len().min(room)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.bytes.seek(to)
        }
    }

    #[test]
    fn a_full_disk_keeps_bytes_waiting() {
        let mut file = PatientFile::new(Disk { size: 5, ..Disk::default() }, 0).unwrap();
        file.push(b"hello, ");
        file.push(b"world");
        assert_eq!((file.n_written(), file.n_waiting()), (5, 7));
        assert_eq!(file.settle().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!((file.n_written(), file.n_waiting()), (5, 7));
        file.file.size = 100;
        file.settle().unwrap();
        assert!(file.trouble().is_none());
        assert_eq!(file.file.bytes.get_ref(), b"hello, world");
    }

    proptest! {
        #[test]
        fn bytes_are_written_once_and_in_order(
            steps in proptest::collection::vec((0usize..40, proptest::collection::vec(any::<u8>(), 0..20)), 0..60),
        ) {
            let mut file = PatientFile::new(Disk::default(), 0).unwrap();
            let mut all = Vec::new();
            for (more_room, bytes) in steps {
                // Now and then there is less room than before: somebody else filled it.
                file.file.size = match more_room {
                    0..10 => file.n_written() as usize,
                    more => file.n_written() as usize + more,
                };
                file.push(&bytes);
                all.extend(bytes);
                let _ = file.settle();
                prop_assert!(all.starts_with(file.file.bytes.get_ref()));
                prop_assert_eq!(file.n_written() as usize + file.n_waiting(), all.len());
            }
            file.file.size = usize::MAX;
            prop_assert!(file.settle().is_ok());
            prop_assert_eq!(file.file.bytes.get_ref(), &all);
        }
    }
}
