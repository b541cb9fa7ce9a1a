//! One writer for one file.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::writer::WriteError;

/// Opens an unfinished recording for reading and writing, or makes an empty one, and locks it until the file is closed.
///
/// The lock ends with the process that holds it, however that ends.
///
/// # Errors
///
/// [`WriteError::InUse`] if another program records there.
pub(super) fn open_locked(part: &Path) -> Result<File, WriteError> {
    loop {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(part)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WriteError::InUse { path: part.to_owned() }),
            // A file system without locks: recording matters more than being alone.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // Between opening and locking, its writer may have finished it and given it another name.
        if is_at(&file, part) {
            return Ok(file);
        }
    }
}

/// True if the file is the one that is at the path.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => id(open) == id(there),
        _ => false,
    }
}

/// True if there is a file at the path. An open file cannot be replaced by another of its name here.
#[cfg(not(unix))]
pub(super) fn is_at(_file: &File, path: &Path) -> bool {
    fs::exists(path).unwrap_or(false)
}
