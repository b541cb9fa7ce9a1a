//! A small runtime of a store's own, in which it waits for its server. Calls into it block.

use std::future::Future;

use crate::WarehouseError;

#[derive(Debug)]
pub(crate) struct Blocking(tokio::runtime::Runtime);

/// An error that becomes one of ours once it is known what was being done.
pub(crate) trait Told {
    fn told(self, what: &str) -> WarehouseError;
}

impl Blocking {
    pub(crate) fn new() -> Result<Blocking, WarehouseError> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("warehouse").enable_all().build();
        runtime.map(Blocking).map_err(|error| WarehouseError::refused("start a runtime", error))
    }

    /// Runs to the end. `what` says what is being done, should it fail.
    pub(crate) fn run<T, E: Told>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, WarehouseError> {
        self.0.block_on(work).map_err(|error| error.told(what))
    }

    /// What is made in its scope belongs to the runtime.
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(crate) fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.0.enter()
    }
}
