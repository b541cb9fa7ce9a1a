//! Looking up host names, with an end to waiting for it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks up the addresses of a host; ports are left at 0.
#[derive(Clone)]
pub struct Lookup(Arc<LookupFn>);

type LookupFn = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

impl Lookup {
    /// A lookup by a function of the host's name.
    pub fn new(
        lookup: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static,
    ) -> Lookup {
        Lookup(Arc::new(lookup))
    }

    /// As the system does it.
    pub fn system() -> Lookup {
        Lookup::new(|host| Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) }))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup(…)")
    }
}

/// A host name could not be looked up. Found again among the causes of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("the name was not found in time")]
    Slow(Duration),
    #[error("the name was not found")]
    Unknown,
}

/// A lookup that ends in time.
#[derive(Debug, Clone)]
pub(super) struct Timed {
    pub(super) lookup: Lookup,
    pub(super) timeout: Duration,
}

impl Resolve for Timed {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = (self.lookup.0)(name.as_str().to_owned());
        let timeout = self.timeout;
        Box::pin(async move {
            match tokio::time::timeout(timeout, addresses).await {
                Err(_) => Err(ResolveError::Slow(timeout).into()),
                Ok(Ok(addresses)) if !addresses.is_empty() => Ok(Box::new(addresses.into_iter()) as Addrs),
                Ok(_) => Err(ResolveError::Unknown.into()),
            }
        })
    }
}
