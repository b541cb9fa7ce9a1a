//! The connection under MQTT: plain, encrypted, or a WebSocket.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::Lost;
use crate::certificates;

/// How the other side is spoken to.
pub(super) enum Wire {
    Stream(Box<dyn Socket>),
    WebSocket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
}

pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

/// A broker's address in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) is_tls: bool,
    pub(super) is_web_socket: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// Reads `mqtts://HOST:PORT`, `wss://HOST:PORT/PATH` and the like.
    pub(super) fn parse(url: &str) -> Option<Address> {
        let parsed = reqwest::Url::parse(url).ok()?;
        let (is_tls, is_web_socket, usual_port) = match parsed.scheme() {
            "mqtt" => (false, false, 1883),
            "mqtts" => (true, false, 8883),
            "ws" => (false, true, 80),
            "wss" => (true, true, 443),
            _ => return None,
        };
        let host = parsed.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Address { is_tls, is_web_socket, host, port: parsed.port().unwrap_or(usual_port) })
    }
}

impl Wire {
    /// Connects.
    pub(super) async fn connect(url: &str, certificates: Option<&Path>, limit: usize) -> Result<Wire, Lost> {
        let address = Address::parse(url).ok_or_else(|| Lost::new("the broker's address is none"))?;
        let tcp = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(|error| Lost::io(&error))?;
        let _ = tcp.set_nodelay(true); // a matter of milliseconds, not of working
        let tls = if address.is_tls { Some(tls(certificates)?) } else { None };
        if address.is_web_socket {
            return web_socket(url, tcp, tls, limit).await;
        }
        let Some(tls) = tls else { return Ok(Wire::Stream(Box::new(tcp))) };
        let name = ServerName::try_from(address.host).map_err(|_| Lost::new("the broker's name is none"))?;
        let stream = TlsConnector::from(tls).connect(name, tcp).await.map_err(|error| Lost::tls(&error))?;
        Ok(Wire::Stream(Box::new(stream)))
    }

    pub(super) async fn send(&mut self, bytes: Bytes) -> Result<(), Lost> {
        match self {
            Wire::Stream(stream) => {
                stream.write_all(&bytes).await.map_err(|error| Lost::io(&error))?;
                stream.flush().await.map_err(|error| Lost::io(&error))
            }
            Wire::WebSocket(socket) => socket.send(Message::Binary(bytes)).await.map_err(|error| Lost::ws(&error)),
        }
    }

    /// Waits for more bytes. Cancel safe.
    pub(super) async fn receive(&mut self, buffer: &mut BytesMut) -> Result<(), Lost> {
        match self {
            Wire::Stream(stream) => match stream.read_buf(buffer).await {
                Ok(0) => Err(Lost::new("the broker hung up")),
                Ok(_) => Ok(()),
                Err(error) => Err(Lost::io(&error)),
            },
            Wire::WebSocket(socket) => match socket.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    buffer.extend_from_slice(&bytes);
                    Ok(())
                }
                Some(Ok(Message::Close(_))) | None => Err(Lost::new("the broker hung up")),
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(Lost::ws(&error)),
            },
        }
    }
}

async fn web_socket(
    url: &str,
    tcp: TcpStream,
    tls: Option<Arc<rustls::ClientConfig>>,
    limit: usize,
) -> Result<Wire, Lost> {
    let mut request = url.into_client_request().map_err(|error| Lost::ws(&error))?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    let connector = tls.map_or(Connector::Plain, Connector::Rustls);
    let connected = client_async_tls_with_config(request, tcp, Some(config), Some(connector)).await;
    let (socket, _) = connected.map_err(|error| Lost::ws(&error))?;
    Ok(Wire::WebSocket(Box::new(socket)))
}

/// TLS that trusts Mozilla's list, and a file's certificates besides.
fn tls(certificates: Option<&Path>) -> Result<Arc<rustls::ClientConfig>, Lost> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = certificates {
        let unreadable = || Lost::new("the file of certificates cannot be read");
        for certificate in certificates::read(path).ok_or_else(unreadable)? {
            roots.add(certificate).map_err(|_| unreadable())?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.map_err(|_| Lost::new("no TLS here"))?.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}

impl Lost {
    pub(super) fn io(error: &io::Error) -> Lost {
        Lost::new(format!("no connection to the broker ({})", error.kind()))
    }

    pub(super) fn tls(error: &io::Error) -> Lost {
        Lost::new(format!("the broker's certificate or encryption is no good ({error})"))
    }

    pub(super) fn ws(error: &WsError) -> Lost {
        match error {
            WsError::Io(error) if error.kind() == io::ErrorKind::InvalidData => Lost::tls(error),
            WsError::Io(error) => Lost::io(error),
            WsError::Tls(error) => Lost::new(format!("the broker's certificate or encryption is no good ({error})")),
            WsError::Http(response) => Lost::new(format!("the broker answered with status {}", response.status())),
            WsError::Capacity(_) => Lost::new("the broker sent more at once than is taken"),
            _ => Lost::new("the broker's WebSocket broke"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_the_kind_of_connection() {
        let address = |url: &str| {
            Address::parse(url).map(|address| (address.is_tls, address.is_web_socket, address.host, address.port))
        };
        assert_eq!(address("mqtts://mqtt.openf1.org:8883"), Some((true, false, "mqtt.openf1.org".into(), 8883)));
        assert_eq!(address("wss://mqtt.openf1.org:8084/mqtt"), Some((true, true, "mqtt.openf1.org".into(), 8084)));
        assert_eq!(address("mqtt://127.0.0.1"), Some((false, false, "127.0.0.1".into(), 1883)));
        assert_eq!(address("https://mqtt.openf1.org"), None);
        assert_eq!(address("nonsense"), None);
    }
}
