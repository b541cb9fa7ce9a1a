//! The folder of tables, with a mirror in an object store.

use overcut_domain::UtcTime;

use crate::{Batch, ObjectMirror, ParquetFolder, Progress, SessionId, Warehouse, WarehouseError, Written};

/// A folder of tables whose files are sent to an object store once a session is over, under `tables/` and the path that
/// they have in the folder. Sessions that are forgotten here stay there: an object store removes by its own rules.
#[derive(Debug)]
pub struct Mirrored {
    folder: ParquetFolder,
    mirror: ObjectMirror,
}

impl Mirrored {
    /// The two together.
    pub fn new(folder: ParquetFolder, mirror: ObjectMirror) -> Mirrored {
        Mirrored { folder, mirror }
    }

    /// Sends the files of a session that differ from those in the object store; the one that says how far they go comes
    /// last.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or sent.
    fn send(&self, session: &SessionId) -> Result<(), WarehouseError> {
        let unread = |error| WarehouseError::refused("read the folder of tables", error);
        for path in self.folder.files(session).map_err(unread)? {
            let below = path.strip_prefix(self.folder.root()).unwrap_or(&path);
            let name: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            self.mirror.send(&path, &format!("tables/{}", name.join("/")))?;
        }
        Ok(())
    }
}

impl Warehouse for Mirrored {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn prepare(&self) -> Result<(), WarehouseError> {
        self.folder.prepare()
    }

    fn progress(&self, session: &SessionId) -> Result<Option<Progress>, WarehouseError> {
        self.folder.progress(session)
    }

    fn write(&self, session: &SessionId, batch: &Batch) -> Result<Written, WarehouseError> {
        self.folder.write(session, batch)
    }

    fn finish(&self, session: &SessionId) -> Result<(), WarehouseError> {
        self.folder.finish(session)?;
        self.send(session)
    }

    fn release(&self, session: &SessionId) -> Result<(), WarehouseError> {
        self.folder.release(session)
    }

    fn forget(&self, session: &SessionId) -> Result<(), WarehouseError> {
        self.folder.forget(session)
    }

    fn forget_before(&self, moment: UtcTime) -> Result<Vec<SessionId>, WarehouseError> {
        self.folder.forget_before(moment)
    }
}
