//! Recordings and tables in an object store that speaks S3: sent when they are finished, listed, and fetched again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, ObjectStore, PutMultipartOptions, PutOptions, PutPayload,
    WriteMultipart,
};
use sha2::{Digest as _, Sha256};

use crate::blocking::{Blocking, Told};
use crate::{SessionId, WarehouseError};

/// What is larger is sent in parts of this size.
const PART_BYTES: usize = 8 << 20;
/// Parts on their way at the same time.
const MAX_PARTS: usize = 4;
/// Under what an object keeps the SHA-256 of its content, in hexadecimal. Etags say different things at different stores.
const SHA256: &str = "overcut-sha256";

/// Where the store is. Credentials come from the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and others.
#[derive(Debug, Clone, Default)]
pub struct ObjectOptions {
    /// Bucket.
    pub bucket: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// Address of a store other than Amazon's, such as `http://127.0.0.1:9000`; empty for `AWS_ENDPOINT` or Amazon's.
    pub endpoint: String,
}

/// An object in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its name behind the prefix, such as `recordings/2026-chinese-grand-prix-sprint.mcap`.
    pub name: String,
    /// Its size.
    pub n_bytes: u64,
}

/// What became of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// It was made.
    Now,
    /// The same content is there already.
    Before,
}

/// A mirror of the data folder in an object store.
pub struct ObjectMirror {
    blocking: Blocking,
    store: Arc<AmazonS3>,
    prefix: Key,
}

impl std::fmt::Debug for ObjectMirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectMirror").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl ObjectMirror {
    /// Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If the options or the environment make no sense.
    pub fn new(options: &ObjectOptions) -> Result<ObjectMirror, WarehouseError> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&options.bucket);
        if !options.endpoint.is_empty() {
            builder = builder.with_endpoint(&options.endpoint).with_allow_http(options.endpoint.starts_with("http://"));
        }
        let store = builder.build().map_err(|error| error.told("understand where the object store is"))?;
        Ok(ObjectMirror {
            blocking: Blocking::new()?,
            store: Arc::new(store),
            prefix: Key::from(options.prefix.as_str()),
        })
    }

    /// The name of a recording's object.
    pub fn recording(session: &SessionId) -> String {
        format!("recordings/{session}.mcap")
    }

    /// Sends a file, unless an object with that name, size and checksum is there. Large files are sent in parts; an
    /// object is there when all of it is, so what broke off is sent again from its start.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or the store does not take it.
    pub fn send(&self, path: &Path, name: &str) -> Result<Transfer, WarehouseError> {
        let (n_bytes, sha256) = digest(path).map_err(|error| unread(path, error))?;
        let key = self.key(name);
        self.blocking.run(&format!("send {name}"), async {
            if self.content(&key).await? == Some((n_bytes, Some(sha256.clone()))) {
                return Ok(Transfer::Before);
            }
            let attributes = Attributes::from_iter([(Attribute::Metadata(SHA256.into()), sha256)]);
            let mut file = File::open(path)?;
            if n_bytes <= PART_BYTES as u64 {
                let mut content = Vec::new();
                file.read_to_end(&mut content)?;
                let options = PutOptions { attributes, ..PutOptions::default() };
                self.store.put_opts(&key, PutPayload::from(content), options).await?;
            } else {
                let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
                let upload = self.store.put_multipart_opts(&key, options).await?;
                send_parts(&mut file, WriteMultipart::new_with_chunk_size(upload, PART_BYTES)).await?;
            }
            Ok::<_, Broken>(Transfer::Now)
        })
    }

    /// The objects whose names begin so, in order.
    ///
    /// # Errors
    ///
    /// If the store cannot be had.
    pub fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>, WarehouseError> {
        let prefix = self.key(folder);
        let mut objects = self.blocking.run(&format!("list {folder}"), async {
            let mut listing = self.store.list(Some(&prefix));
            let mut objects = Vec::new();
            while let Some(object) = listing.next().await.transpose()? {
                let name = object.location.as_ref().strip_prefix(self.prefix.as_ref()).unwrap_or_default();
                objects.push(ObjectInfo { name: name.trim_start_matches('/').to_owned(), n_bytes: object.size });
            }
            Ok::<_, Broken>(objects)
        })?;
        objects.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(objects)
    }

    /// Fetches an object into a file, unless the file is there with its size and checksum. What was fetched before and
    /// broke off is gone on with; the file gets its name when the checksum of the whole is right.
    ///
    /// # Errors
    ///
    /// If it is not there, differs from its checksum, or the file cannot be written.
    pub fn fetch(&self, name: &str, path: &Path) -> Result<Transfer, WarehouseError> {
        let key = self.key(name);
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        self.blocking.run(&format!("fetch {name}"), async {
            let wanted = self.content(&key).await?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            let is_same = |(n_bytes, sha256): (u64, String)| {
                n_bytes == wanted.0 && wanted.1.as_ref().is_none_or(|wanted| *wanted == sha256)
            };
            if path.exists() && is_same(digest(path)?) {
                return Ok(Transfer::Before);
            }
            self.fetch_rest(&key, part, wanted.0).await?;
            if !is_same(digest(part)?) {
                fs::remove_file(part)?;
                return Err(Broken::Io(io::Error::new(io::ErrorKind::InvalidData, "its checksum is wrong")));
            }
            fs::rename(part, path)?;
            Ok(Transfer::Now)
        })
    }

    /// Removes an object. One that is not there stays so.
    ///
    /// # Errors
    ///
    /// If the store does not do it.
    pub fn remove(&self, name: &str) -> Result<(), WarehouseError> {
        let key = self.key(name);
        self.blocking.run(&format!("remove {name}"), async {
            match object_store::ObjectStoreExt::delete(&*self.store, &key).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                result => Ok::<_, Broken>(result?),
            }
        })
    }

    fn key(&self, name: &str) -> Key {
        Key::from_iter(self.prefix.parts().chain(Key::from(name).parts()))
    }

    /// Size and checksum of an object. `None` if it is not there.
    async fn content(&self, key: &Key) -> Result<Option<(u64, Option<String>)>, Broken> {
        let head = GetOptions { head: true, ..GetOptions::default() };
        match self.store.get_opts(key, head).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(found) => {
                let sha256 = found.attributes.get(&Attribute::Metadata(SHA256.into()));
                Ok(Some((found.meta.size, sha256.map(|value| value.to_string()))))
            }
        }
    }

    async fn fetch_rest(&self, key: &Key, part: &Path, n_bytes: u64) -> Result<(), Broken> {
        let mut file = OpenOptions::new().create(true).append(true).open(part)?;
        let mut have = file.metadata()?.len();
        if have > n_bytes {
            file.set_len(0)?;
            have = 0;
        }
        if have == n_bytes {
            return Ok(());
        }
        let rest = GetOptions { range: Some(GetRange::Offset(have)), ..GetOptions::default() };
        let mut content = self.store.get_opts(key, rest).await?.into_stream();
        while let Some(bytes) = content.next().await.transpose()? {
            file.write_all(&bytes)?;
        }
        Ok(file.sync_all()?)
    }
}

async fn send_parts(file: &mut File, mut upload: WriteMultipart) -> Result<(), Broken> {
    let mut buffer = vec![0; PART_BYTES];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        upload.wait_for_capacity(MAX_PARTS).await?;
        upload.write(&buffer[..n]);
    }
    upload.finish().await?;
    Ok(())
}

/// Size and SHA-256 of a file.
fn digest(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hash, mut n_bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        n_bytes += n as u64;
    }
    Ok((n_bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

fn unread(path: &Path, error: io::Error) -> WarehouseError {
    WarehouseError::refused(format!("read {}", path.display()), error)
}

/// What may break a transfer.
#[derive(Debug)]
enum Broken {
    Io(io::Error),
    Store(object_store::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Io(error)
    }
}

impl From<object_store::Error> for Broken {
    fn from(error: object_store::Error) -> Broken {
        Broken::Store(error)
    }
}

impl Told for Broken {
    fn told(self, what: &str) -> WarehouseError {
        match self {
            Broken::Io(error) => WarehouseError::refused(what, error),
            Broken::Store(error) => error.told(what),
        }
    }
}

impl Told for object_store::Error {
    /// The client has tried again several times where that makes sense; what is still a generic failure may pass.
    fn told(self, what: &str) -> WarehouseError {
        match self {
            error @ object_store::Error::Generic { .. } => {
                WarehouseError::Unavailable { what: what.to_owned(), source: Box::new(error) }
            }
            error => WarehouseError::refused(what, error),
        }
    }
}
