//! Why there is no connection, or none any more.

use std::time::Duration;

use tokio_tungstenite::tungstenite;

use crate::http::{Fault, HttpError};

/// Why there is no connection, or none any more, in words for a person and never with a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A request failed, that for the WebSocket included.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// The service does not take the token.
    #[error("the service refused the F1TV token (HTTP {status})")]
    TokenRefused { status: u16 },
    /// The negotiation's answer is none.
    #[error("the service answered the negotiation with something else")]
    NotNegotiated,
    /// No WebSocket among the transports.
    #[error("the service offers no WebSocket")]
    NoWebSocket,
    /// A step took too long.
    #[error("{step} took longer than {:.1} s", after.as_secs_f64())]
    Slow { step: &'static str, after: Duration },
    /// The handshake was refused.
    #[error("the service refused the handshake: {said:?}")]
    Handshake { said: String },
    /// The subscription was refused.
    #[error("the service refused the subscription: {said:?}")]
    Subscription { said: String },
    /// Nothing came.
    #[error("nothing came for {:.1} s, not even a ping", after.as_secs_f64())]
    Silent { after: Duration },
    /// Nothing of the feed came.
    #[error("nothing of the running session came for {:.1} s", after.as_secs_f64())]
    NoFeed { after: Duration },
    /// A message was too large.
    #[error("a message was larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// The service closed the connection.
    #[error("the service closed the connection: {said:?}")]
    ClosedByService { said: String, allow_reconnect: bool },
    /// The connection was closed without a word.
    #[error("the connection was closed")]
    Closed,
    /// The connection was lost.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The other end of the inbox is gone.
    #[error("nobody listens any more")]
    NobodyListens,
}

/// Longest text of the other side that is repeated.
const MAX_SAID: usize = 120;

impl Failure {
    /// The pause that the service asks for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Failure::Http(error) => error.retry_after(),
            _ => None,
        }
    }

    /// True if the service does not want to see us for a while.
    pub(super) fn is_unwelcome(&self) -> bool {
        matches!(self, Failure::ClosedByService { allow_reconnect: false, .. })
    }

    /// What a refused request means: with a token, that it is not taken.
    pub(super) fn of_request(error: HttpError, shows_token: bool) -> Failure {
        match &error.fault {
            Fault::Unauthorized(refusal) | Fault::Missing(refusal)
                if shows_token && matches!(refusal.status, 401 | 403) =>
            {
                Failure::TokenRefused { status: refusal.status }
            }
            _ => Failure::Http(error),
        }
    }

    /// What a failure of the WebSocket means.
    pub(super) fn of_socket(error: tungstenite::Error, limit: usize) -> Failure {
        match error {
            tungstenite::Error::Capacity(_) => Failure::TooLarge { limit },
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Failure::Closed,
            tungstenite::Error::Io(error) => Failure::Lost(error.to_string()),
            tungstenite::Error::Protocol(error) => Failure::Lost(error.to_string()),
            _ => Failure::Lost("it broke the protocol".to_owned()),
        }
    }
}

/// What the other side said, short, on one line, and not at all if it repeats a secret.
pub(super) fn said(text: &str, secrets: &[&str]) -> String {
    if secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret)) {
        return String::new();
    }
    text.chars().filter(|letter| !letter.is_control()).take(MAX_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_short_and_holds_no_secret() {
        assert_eq!(said("bad\r\nnews", &["hunter2", ""]), "badnews");
        assert_eq!(said("unknown token hunter2", &["hunter2"]), "");
        assert_eq!(said(&"x".repeat(1000), &[]).len(), MAX_SAID);
    }
}
