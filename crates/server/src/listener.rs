//! Accepting connections: not too many, not too slow, and a clean end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest head of a request, bytes.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Connections waiting to be accepted.
const BACKLOG: u32 = 1024;

/// How long connections may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// How long to wait after a failed accept, which mostly means that the process has no file left to open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listens on an address. `send_buffer_bytes` bounds what the system keeps of messages that a client does not read.
pub(crate) fn bind(address: SocketAddr, send_buffer_bytes: Option<u32>) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As `TcpListener::bind` does: a restart need not wait for the old connections' last packets.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    if let Some(bytes) = send_buffer_bytes {
        // Accepted connections inherit it.
        socket.set_send_buffer_size(bytes)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves connections until the token is cancelled, then lets them end.
pub(crate) async fn serve(listener: TcpListener, router: Router, max_connections: usize, shutdown: CancellationToken) {
    let permits = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    loop {
        // Connections above the limit wait in the backlog: they are served when others end.
        let accepted = async {
            let permit = permits.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accepted => accepted,
        };
        let (Ok(permit), Ok((stream, _))) = (permit, accepted) else {
            tracing::warn!("cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let watcher = graceful.watcher();
        let router = router.clone();
        tokio::spawn(async move {
            connection(stream, router, watcher).await;
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::debug!("some connections did not end in time");
    }
}

async fn connection(stream: TcpStream, router: Router, watcher: hyper_util::server::graceful::Watcher) {
    // Frames are small and must not wait for one another.
    stream.set_nodelay(true).ok();
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_HEADER_BYTES);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    // An error here is the client's: it went away or sent no HTTP.
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error, "connection ended");
    }
}
