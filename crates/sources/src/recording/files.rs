//! Files of a recording, compressed or not.

use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::{OpenError, ReadError};

/// How much of a file is looked at to recognise it.
const HEAD_LEN: u64 = 64 << 10;

/// Most files of a folder that are looked at. The largest real recording has about fifty.
const MAX_FILES: usize = 1000;

/// Most bytes read of one file: a whole season's worth of a topic. Keeps a decompression bomb from eating all memory.
const MAX_LEN: u64 = 2 << 30;

/// What lies at a path: one file, or the files of a folder in order of their names.
pub(super) struct Found {
    pub(super) is_folder: bool,
    pub(super) entries: Vec<Entry>,
}

/// One file and its beginning.
pub(super) struct Entry {
    path: PathBuf,
    size_bytes: u64,
    is_compressed: bool,
    pub(super) head: FileHead,
}

/// The beginning of a file, uncompressed: what recognising it goes by.
#[derive(Debug, Clone)]
pub(crate) struct FileHead {
    /// Name without `.zst`.
    pub(crate) name: String,
    /// The first bytes, at most 64 KiB.
    pub(crate) bytes: Vec<u8>,
}

/// One file, uncompressed.
#[derive(Debug)]
pub(super) struct File {
    /// Name without `.zst`.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Found {
    pub(super) fn look(path: &Path) -> Result<Found, OpenError> {
        let fail = |source| OpenError::Io { path: path.to_owned(), source };
        let meta = fs::metadata(path).map_err(fail)?;
        if !meta.is_dir() {
            return Ok(Found { is_folder: false, entries: vec![Entry::look(path, meta.len()).map_err(fail)?] });
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let meta = fs::metadata(entry.path()).map_err(fail)?;
            if meta.is_file() {
                files.push((entry.path(), meta.len()));
            }
            if files.len() > MAX_FILES {
                let found = format!("a folder of more than {MAX_FILES} files");
                return Err(OpenError::Unknown { path: path.to_owned(), found });
            }
        }
        files.sort();
        let entries = files.iter().map(|(path, len)| Entry::look(path, *len).map_err(fail));
        Ok(Found { is_folder: true, entries: entries.collect::<Result<_, _>>()? })
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size_bytes).sum()
    }
}

/// What a Zstandard frame begins with.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

impl Entry {
    fn look(path: &Path, size_bytes: u64) -> io::Result<Entry> {
        let mut file = io::BufReader::new(fs::File::open(path)?);
        let is_compressed = file.fill_buf()?.starts_with(&ZSTD_MAGIC);
        let mut bytes = Vec::new();
        if is_compressed {
            // A damaged file is still known by what stands before the damage.
            let _ = zstd::Decoder::with_buffer(file)?.take(HEAD_LEN).read_to_end(&mut bytes);
        } else {
            file.take(HEAD_LEN).read_to_end(&mut bytes)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".zst").unwrap_or(&name).to_owned();
        Ok(Entry { path: path.to_owned(), size_bytes, is_compressed, head: FileHead { name, bytes } })
    }

    /// Reads the whole file. A compressed one that is damaged is read as far as it goes.
    pub(super) fn load(self, damaged: &mut Vec<ReadError>) -> Result<File, OpenError> {
        let fail = |source| OpenError::Io { path: self.path.clone(), source };
        let name = self.head.name;
        if !self.is_compressed {
            return Ok(File { name, bytes: fs::read(&self.path).map_err(fail)? });
        }
        let packed = fs::read(&self.path).map_err(fail)?;
        if let Some(bytes) = unpack_whole(&packed) {
            return Ok(File { name, bytes });
        }
        let mut bytes = Vec::new();
        let unpacked = zstd::Decoder::with_buffer(packed.as_slice())
            .and_then(|decoder| decoder.take(MAX_LEN).read_to_end(&mut bytes).map(drop));
        if let Err(source) = unpacked {
            damaged.push(ReadError::Damaged { file: name.clone(), n_bytes: bytes.len(), source });
        }
        Ok(File { name, bytes })
    }

    /// Reads the whole file. One that has become unreadable since it was looked at counts as damaged.
    pub(super) fn load_or_report(self, damaged: &mut Vec<ReadError>) -> Option<File> {
        let name = self.head.name.clone();
        match self.load(damaged) {
            Ok(file) => Some(file),
            Err(OpenError::Io { source, .. }) => {
                damaged.push(ReadError::Damaged { file: name, n_bytes: 0, source });
                None
            }
            Err(OpenError::Unknown { .. }) => None,
        }
    }
}

/// Unpacks a file of one frame that states its length, in one go: half the work of streaming it. `None` if it is
/// anything else or damaged.
fn unpack_whole(packed: &[u8]) -> Option<Vec<u8>> {
    let len = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
    // A header may lie about the length; no real file shrinks by more than a hundred to one.
    let len = usize::try_from(len).ok().filter(|len| len / 100 <= packed.len())?;
    let is_one_frame = zstd::zstd_safe::find_frame_compressed_size(packed) == Ok(packed.len());
    if is_one_frame { zstd::bulk::decompress(packed, len).ok() } else { None }
}
