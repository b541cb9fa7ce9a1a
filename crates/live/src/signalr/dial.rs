//! From nothing to a subscribed WebSocket.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use reqwest::Upgraded;
use reqwest::header::{self, HeaderValue};
use serde::Deserialize;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::config::{Config, wait};
use super::failure::{Failure, said};
use super::record::{RECORD_END, handshake, records};
use crate::Secret;
use crate::http::{HttpClient, HttpError, HttpSettings, Lookup};

pub(super) type Web = WebSocketStream<Upgraded>;

/// Largest answer to a negotiation, bytes.
const MAX_NEGOTIATION: u64 = 64 << 10;

/// How the service is reached. Shared by all links, so that they keep to one rule of asking.
pub(super) struct Dial {
    pub(super) config: Arc<Config>,
    http: HttpClient,
}

/// A WebSocket that is shaken and subscribed.
pub(super) struct Connected {
    pub(super) web: Web,
    /// Records that came with the answer to the handshake.
    pub(super) early: Vec<Bytes>,
}

/// The answer to a negotiation. Version 0 of it has only the identifier.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Negotiation {
    #[serde(default)]
    connection_id: String,
    #[serde(default)]
    connection_token: String,
    #[serde(default)]
    available_transports: Vec<Transport>,
}

#[derive(Deserialize)]
struct Transport {
    transport: String,
}

impl Dial {
    pub(super) fn new(config: Arc<Config>, lookup: Lookup) -> Result<Dial, HttpError> {
        let http = HttpClient::new(HttpSettings {
            user_agent: config.user_agent.clone().into(),
            resolve_timeout: wait(config.resolve_timeout_ms),
            connect_timeout: wait(config.connect_timeout_ms),
            read_timeout: wait(config.answer_timeout_ms),
            whole_timeout: wait(config.answer_timeout_ms.saturating_add(config.connect_timeout_ms)),
            rest: wait(config.longest_pause_ms / 2),
            max_body: MAX_NEGOTIATION,
            lookup,
            certificates: config.certificates.clone(),
            http1_only: true,
            ..HttpSettings::default()
        })?;
        Ok(Dial { config, http })
    }

    /// Where the service is, for a person.
    pub(super) fn host(&self) -> String {
        let url = reqwest::Url::parse(&self.config.url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Negotiates, connects, shakes hands and subscribes.
    pub(super) async fn connect(&self, token: Option<&Secret>) -> Result<Connected, Failure> {
        let cookie = self.cookie().await?;
        let (negotiation, cookie) = self.negotiate(token, cookie).await?;
        let id = match negotiation.connection_token.is_empty() {
            true => negotiation.connection_id,
            false => negotiation.connection_token,
        };
        let secrets = [token.map_or("", Secret::reveal), cookie.as_ref().map_or("", Secret::reveal), id.as_str()];
        let mut web = self.open(token, cookie.as_ref(), &id).await?;
        let early = self.shake(&mut web, &secrets).await?;
        Ok(Connected { web, early })
    }

    /// The load balancer's cookie, which leads the WebSocket to the machine that was negotiated with. Without one it
    /// may work all the same, unless the host cannot be reached at all.
    async fn cookie(&self) -> Result<Option<Secret>, Failure> {
        match self.http.options(&self.negotiate_url()).fetch().await {
            Ok(answer) => Ok(affinity(answer.head.cookies)),
            Err(error) if error.has_no_answer() => Err(error.into()),
            Err(error) => {
                tracing::debug!("signalr: no cookie: {error}");
                Ok(None)
            }
        }
    }

    async fn negotiate(
        &self,
        token: Option<&Secret>,
        cookie: Option<Secret>,
    ) -> Result<(Negotiation, Option<Secret>), Failure> {
        let url = self.negotiate_url();
        let mut request = self.http.post(&url).query(&[("negotiateVersion", "1")]);
        if let Some(cookie) = &cookie {
            request = request.secret_header(header::COOKIE, cookie);
        }
        if let Some(token) = token {
            request = request.bearer(token);
        }
        let answer = request.fetch().await.map_err(|error| Failure::of_request(error, token.is_some()))?;
        let negotiation: Negotiation = serde_json::from_slice(&answer.body).map_err(|_| Failure::NotNegotiated)?;
        let offers = &negotiation.available_transports;
        if !offers.is_empty() && offers.iter().all(|offer| offer.transport != "WebSockets") {
            return Err(Failure::NoWebSocket);
        }
        Ok((negotiation, affinity(answer.head.cookies).or(cookie)))
    }

    fn negotiate_url(&self) -> String {
        format!("{}/negotiate", self.config.url.trim_end_matches('/'))
    }

    /// Opens the WebSocket. The request is ours and not the WebSocket library's, which logs what it sends, token and all;
    /// and so proxies, addresses and certificates are dealt with in one way.
    async fn open(&self, token: Option<&Secret>, cookie: Option<&Secret>, id: &str) -> Result<Web, Failure> {
        let key = generate_key();
        let mut request = self
            .http
            .get(self.config.url.trim_end_matches('/'))
            .query(&[("id", id)])
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key);
        if let Some(cookie) = cookie {
            request = request.secret_header(header::COOKIE, cookie);
        }
        if let Some(token) = token {
            request = request.bearer(token);
        }
        let limit = wait(self.config.connect_timeout_ms.saturating_add(self.config.answer_timeout_ms));
        let (headers, socket) = within(limit, "opening the WebSocket", request.upgrade())
            .await?
            .map_err(|error| Failure::of_request(error, token.is_some()))?;
        let accepted = headers.get(header::SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(Failure::NoWebSocket);
        }
        let limit = self.config.max_message_bytes;
        let limits = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
        Ok(WebSocketStream::from_raw_socket(socket, Role::Client, Some(limits)).await)
    }

    /// Agrees on the protocol and subscribes. Gives the records that came with the answer.
    async fn shake(&self, web: &mut Web, secrets: &[&str]) -> Result<Vec<Bytes>, Failure> {
        let answer_timeout = wait(self.config.answer_timeout_ms);
        let limit = self.config.max_message_bytes;
        let socket = |error| Failure::of_socket(error, limit);
        web.send(record(r#"{"protocol":"json","version":1}"#)).await.map_err(socket)?;
        let frame = within(answer_timeout, "the handshake", next_frame(web)).await?.map_err(socket)?;
        let mut early: Vec<Bytes> = records(&frame.ok_or(Failure::Closed)?).collect();
        if early.is_empty() {
            return Err(Failure::Handshake { said: String::new() });
        }
        handshake(&early.remove(0))
            .map_err(|error| Failure::Handshake { said: said(&error.unwrap_or_default(), secrets) })?;
        let topics = serde_json::json!([self.config.topics]);
        let subscribe = format!(r#"{{"type":1,"invocationId":"0","target":"Subscribe","arguments":{topics}}}"#);
        within(answer_timeout, "subscribing", web.send(record(&subscribe))).await?.map_err(socket)?;
        Ok(early)
    }
}

/// A record to send.
pub(super) fn record(json: &str) -> Message {
    Message::text(format!("{json}{}", char::from(RECORD_END)))
}

/// The next frame that carries something; `None` if the connection is closed. Cancel safe.
pub(super) async fn next_frame(web: &mut Web) -> Result<Option<Bytes>, tungstenite::Error> {
    loop {
        match web.next().await.transpose()? {
            Some(Message::Text(text)) => return Ok(Some(text.into())),
            Some(Message::Binary(bytes)) => return Ok(Some(bytes)),
            Some(Message::Close(_)) | None => return Ok(None),
            // What the WebSocket itself says, it answers itself.
            Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
        }
    }
}

async fn within<T>(limit: Duration, step: &'static str, work: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(limit, work).await.map_err(|_| Failure::Slow { step, after: limit })
}

/// The cookie that matters among those that were set.
fn affinity(cookies: Vec<Secret>) -> Option<Secret> {
    cookies.into_iter().find(|cookie| cookie.reveal().starts_with("AWSALBCORS="))
}

#[cfg(test)]
mod tests {
    use overcut_testkit::stub::tls::SelfSigned;
    use tokio::net::TcpListener;

    use super::*;

    fn dial(config: Config, lookup: Lookup) -> Dial {
        Dial::new(Arc::new(config), lookup).unwrap()
    }

    #[tokio::test]
    async fn slow_dns_is_given_up() {
        let config = Config { url: "http://example.test/signalrcore".into(), ..Config::default() }.faster(100.0);
        let never = Lookup::new(|_| Box::pin(std::future::pending()));
        let failure = dial(config, never).connect(None).await.err().unwrap().to_string();
        assert!(failure.contains("could not be looked up within"), "{failure}");
    }

    #[tokio::test]
    async fn a_host_without_an_address_is_said_to_have_none() {
        let config = Config { url: "http://example.test/signalrcore".into(), ..Config::default() };
        let none = Lookup::new(|_| Box::pin(async { Ok(Vec::new()) }));
        let failure = dial(config, none).connect(None).await.err().unwrap().to_string();
        assert!(failure.contains("is there a network?"), "{failure}");
    }

    #[tokio::test]
    async fn nobody_is_trusted_whom_nobody_signed() {
        let own = SelfSigned::new();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("https://localhost:{}/signalrcore", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // The client hangs up in the middle.
                let _ = own.acceptor.accept(socket).await;
            }
        });
        let dial = dial(Config { url, ..Config::default() }, Lookup::system());
        for failure in [dial.connect(None).await.err(), dial.open(None, None, "id").await.err()] {
            let failure = failure.unwrap().to_string();
            assert!(failure.contains("no trustworthy connection"), "{failure}");
        }
    }
}
