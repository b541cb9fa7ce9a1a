//! One WebSocket connection: wakes at every tick, sends what is due in one write, obeys commands in between.
//!
//! A client that does not read holds up nobody but itself: its own task waits for it, ticks pass by, and once it reads
//! again it gets a snapshot. One that does not read for [`SEND_TIMEOUT`] is disconnected.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{FutureExt, SinkExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::viewer::{Opening, Viewer};
use crate::clock::now_ms;
use crate::message::{Format, encode};
use crate::shared::SharedSession;
use crate::wire::{ClientMessage, ServerMessage};

/// How long a client may take to read what was sent.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a client has to answer our close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection ends.
enum End {
    /// The server stops.
    Shutdown,
    /// The client went, or broke.
    Gone,
    /// The client does not read.
    Stuck,
}

/// Serves one client until it goes or the server stops.
pub(crate) async fn serve_client(
    mut socket: WebSocket,
    session: Arc<SharedSession>,
    opening: Opening,
    mut ticks: watch::Receiver<u64>,
    shutdown: CancellationToken,
) {
    let _counted = session.count_client();
    let format = opening.format;
    let mut viewer = Viewer::new(session.clone(), opening, now_ms());
    let mut out = Vec::new();
    ticks.mark_changed();
    let end = loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break End::Shutdown,
            incoming = socket.recv() => match incoming {
                Some(Ok(message)) => out.extend(obey(&mut viewer, format, message)),
                Some(Err(_)) | None => break End::Gone,
            },
            tick = ticks.changed() => {
                if tick.is_err() {
                    break End::Shutdown;
                }
                // Everybody's clock is read at the same moment, so that clients in step share their frames.
                let now_ms = *ticks.borrow_and_update();
                viewer.step(now_ms, &mut out);
                if let Err(end) = send(&mut socket, &mut out, &shutdown).await {
                    break end;
                }
            }
        }
    };
    close(socket, end).await;
}

/// Obeys what a client sent; what it must be told at once is returned.
fn obey(viewer: &mut Viewer, format: Format, message: Message) -> Option<Message> {
    let command: Result<ClientMessage, String> = match message {
        Message::Text(text) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        Message::Binary(bytes) => rmp_serde::from_slice(&bytes).map_err(|error| error.to_string()),
        // Pings are answered below us, and a close ends the stream.
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
    };
    let done = command.and_then(|command| viewer.obey(command, now_ms()).map_err(|error| error.to_string()));
    done.err().map(|message| encode(format, &ServerMessage::Error { message }))
}

/// Sends all that is due in one write.
pub(super) async fn send_all(
    socket: &mut WebSocket,
    out: &mut Vec<Message>,
    shutdown: &CancellationToken,
) -> Result<(), ()> {
    send(socket, out, shutdown).await.map_err(|_| ())
}

async fn send(socket: &mut WebSocket, out: &mut Vec<Message>, shutdown: &CancellationToken) -> Result<(), End> {
    if out.is_empty() {
        return Ok(());
    }
    let write = async {
        for message in out.drain(..) {
            socket.feed(message).await?;
        }
        socket.flush().await
    };
    let mut write = std::pin::pin!(write);
    // Mostly the socket takes it all at once, and no timer is needed.
    if let Some(done) = write.as_mut().now_or_never() {
        return done.map_err(|_| End::Gone);
    }
    tokio::select! {
        () = shutdown.cancelled() => Err(End::Shutdown),
        done = tokio::time::timeout(SEND_TIMEOUT, write) => match done {
            Ok(done) => done.map_err(|_| End::Gone),
            Err(_) => Err(End::Stuck),
        }
    }
}

async fn close(mut socket: WebSocket, end: End) {
    let frame = match end {
        End::Gone => return,
        End::Shutdown => CloseFrame { code: close_code::AWAY, reason: "the server stops".into() },
        End::Stuck => CloseFrame { code: close_code::POLICY, reason: "the client does not read".into() },
    };
    // Best effort: the client may be gone already.
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    tokio::time::timeout(CLOSE_TIMEOUT, goodbye).await.ok();
}

/// Says goodbye because the server stops.
pub(super) async fn close_for_shutdown(socket: WebSocket) {
    close(socket, End::Shutdown).await;
}
