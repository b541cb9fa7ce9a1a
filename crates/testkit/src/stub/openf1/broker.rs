//! The broker: MQTT 3.1.1 at quality 0, plain or through a WebSocket.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::broadcast;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::super::http::{Answer, Request, Socket};
use super::Shared;

/// Rows that may wait for a slow listener.
pub(super) const MAX_WAITING: usize = 100_000;

/// What goes to all connections.
#[derive(Debug, Clone)]
pub(super) enum Sent {
    Row { topic: String, payload: String },
    HangUp,
}

enum Wire {
    Stream(Box<dyn Socket + Sync>),
    WebSocket(Box<WebSocketStream<Box<dyn Socket + Sync>>>),
}

impl Wire {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Wire::Stream(socket) => socket.read_buf(buffer).await,
            Wire::WebSocket(socket) => match socket.next().await {
                Some(Ok(message)) => {
                    let data = message.into_data();
                    buffer.extend_from_slice(&data);
                    Ok(data.len().max(1))
                }
                _ => Ok(0),
            },
        }
    }

    async fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        match self {
            Wire::Stream(socket) => {
                socket.write_all(&bytes).await?;
                socket.flush().await
            }
            Wire::WebSocket(socket) => socket.send(Message::Binary(bytes.into())).await.map_err(io::Error::other),
        }
    }
}

/// Serves one connection; what begins like a request of HTTP becomes a WebSocket.
pub(super) async fn serve(socket: Box<dyn Socket + Sync>, shared: Arc<Shared>) {
    // A listener that goes is no failure of ours.
    let _ = converse(socket, &shared).await;
}

async fn converse(mut socket: Box<dyn Socket + Sync>, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![socket.read_u8().await?];
    let mut wire = if buffer[0] == b'G' {
        let Some(request) = Request::read(&mut *socket, &mut buffer).await? else { return Ok(()) };
        let key = request.header("sec-websocket-key").unwrap_or_default().to_owned();
        let is_mqtt = request.path == "/mqtt" && request.header("sec-websocket-protocol") == Some("mqtt");
        if !is_mqtt {
            return Answer::of(400, "").write(&mut *socket).await;
        }
        let upgrade = Answer::of(101, "")
            .with("upgrade", "websocket")
            .with("connection", "Upgrade")
            .with("sec-websocket-protocol", "mqtt")
            .with("sec-websocket-accept", derive_accept_key(key.as_bytes()));
        upgrade.write(&mut *socket).await?;
        Wire::WebSocket(Box::new(WebSocketStream::from_raw_socket(socket, Role::Server, None).await))
    } else {
        Wire::Stream(socket)
    };
    if matches!(wire, Wire::WebSocket(_)) {
        buffer.clear();
    }
    let mut rows = shared.rows.subscribe();
    let mut topics = BTreeSet::new();
    let mut is_greeted = false;
    let ended = 'all: loop {
        while let Some((head, body)) = take(&mut buffer) {
            if shared.log().broker.is_stalled {
                continue;
            }
            match handle(head, &body, shared, &mut topics) {
                Reply::Say(bytes) => {
                    if head >> 4 == 1 && bytes.last() == Some(&0) {
                        is_greeted = true;
                        let mut log = shared.log();
                        (log.n_connections, log.n_open) = (log.n_connections + 1, log.n_open + 1);
                    }
                    wire.write(bytes).await?;
                }
                Reply::Nothing => {}
                Reply::HangUp(bytes) => {
                    break 'all wire.write(bytes).await;
                }
            }
        }
        tokio::select! {
            len = wire.read(&mut buffer) => match len {
                Ok(0) | Err(_) => break Ok(()),
                Ok(_) => {}
            },
            sent = rows.recv() => match sent {
                Ok(Sent::HangUp) => break Ok(()),
                Ok(Sent::Row { topic, payload }) => {
                    let faults = shared.log().broker;
                    let is_wanted = topics.contains(&topic) || topics.contains("#");
                    if is_wanted && !faults.is_stalled && !faults.is_mute
                        && let Err(error) = wire.write(publish(&topic, payload.as_bytes())).await {
                            break Err(error);
                        }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break Ok(()),
            },
        }
    };
    if is_greeted {
        shared.log().n_open -= 1;
    }
    ended
}

enum Reply {
    Say(Vec<u8>),
    Nothing,
    HangUp(Vec<u8>),
}

fn handle(head: u8, body: &[u8], shared: &Shared, topics: &mut BTreeSet<String>) -> Reply {
    match head >> 4 {
        1 => {
            let password = password(body).unwrap_or_default();
            let is_good = shared.is_good(&password) && !shared.log().broker.is_closed;
            shared.log().logins.push(password);
            if is_good { Reply::Say(vec![0x20, 2, 0, 0]) } else { Reply::HangUp(vec![0x20, 2, 0, 5]) }
        }
        8 => {
            let named = texts(body.get(2..).unwrap_or_default(), 1);
            let mut answer = vec![0x90, 2 + named.len() as u8];
            answer.extend_from_slice(body.get(..2).unwrap_or(&[0, 0]));
            answer.extend(named.iter().map(|_| 0));
            shared.log().subscribed.extend(named.iter().cloned());
            topics.extend(named);
            Reply::Say(answer)
        }
        10 => {
            for topic in texts(body.get(2..).unwrap_or_default(), 0) {
                topics.remove(&topic);
            }
            Reply::Say([&[0xB0, 2][..], body.get(..2).unwrap_or(&[0, 0])].concat())
        }
        12 => Reply::Say(vec![0xD0, 0]),
        14 => Reply::HangUp(Vec::new()),
        _ => Reply::Nothing,
    }
}

/// The password of a greeting.
fn password(body: &[u8]) -> Option<String> {
    let flags = *body.get(7)?;
    let mut fields = texts(body.get(10..)?, 0).into_iter();
    let _client = fields.next()?;
    if flags & 0x80 != 0 {
        let _user = fields.next()?;
    }
    if flags & 0x40 == 0 {
        return None;
    }
    fields.next()
}

/// Texts with their lengths before them, and so many bytes after each.
fn texts(mut bytes: &[u8], n_after: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((len, rest)) = bytes.split_at_checked(2) {
        let len = usize::from(u16::from_be_bytes([len[0], len[1]]));
        let Some((text, rest)) = rest.split_at_checked(len) else { break };
        texts.push(String::from_utf8_lossy(text).into_owned());
        bytes = rest.get(n_after..).unwrap_or_default();
    }
    texts
}

fn publish(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut len = 2 + topic.len() + payload.len();
    let mut out = vec![0x30];
    loop {
        let byte = (len % 128) as u8;
        len /= 128;
        out.push(if len > 0 { byte | 0x80 } else { byte });
        if len == 0 {
            break;
        }
    }
    out.extend_from_slice(&(topic.len() as u16).to_be_bytes());
    out.extend_from_slice(topic.as_bytes());
    out.extend_from_slice(payload);
    out
}

/// Takes the first whole packet out of what came: its first byte and what follows its length.
fn take(buffer: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let mut len = 0;
    for (idx, byte) in buffer.iter().skip(1).take(4).enumerate() {
        len |= usize::from(byte & 0x7F) << (7 * idx);
        if byte & 0x80 == 0 {
            let start = idx + 2;
            let body = buffer.get(start..start + len)?.to_vec();
            let head = buffer[0];
            buffer.drain(..start + len);
            return Some((head, body));
        }
    }
    None
}
