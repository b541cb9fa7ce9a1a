//! What went wrong with a request, so that a caller knows what to do and a person knows what happened.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::resolve::ResolveError;

/// Why a request gave no answer to use. Prints as words for a person: where, and what; never a query or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpError {
    /// Host and path that were asked for.
    pub place: String,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong, by what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is newer than what we have (304, 416). Not a failure.
    NothingNew {
        /// Length of the whole, if the server says it.
        len: Option<u64>,
    },
    /// It is not there, or not yet (403, 404, 410).
    Missing(Refusal),
    /// The credential is missing or was refused (401, 407).
    Unauthorized(Refusal),
    /// Too much was asked for at once (413, 422).
    TooMuch(Refusal),
    /// We asked too often (429).
    RateLimited(Refusal),
    /// The server has trouble (5xx).
    Unavailable(Refusal),
    /// Any other status.
    Unexpected(Refusal),
    /// The host is left alone for now, because it failed again and again or asked for it. Nothing was sent.
    Resting(Duration),
    /// The host's name could not be looked up.
    Resolve {
        /// The time it had; `None` if the answer was that there is none.
        timeout: Option<Duration>,
    },
    /// No connection.
    Connect,
    /// No trustworthy connection: certificate or TLS.
    Tls(String),
    /// Nothing came for too long.
    Timeout,
    /// The connection ended in the middle of the answer.
    CutOff,
    /// The answer is larger than what is taken.
    TooLarge {
        /// The most that is taken, bytes.
        limit: u64,
    },
    /// The answer is of another type: often the page of a proxy or a sign-in.
    WrongType(String),
    /// The request itself is no good: an address that is none.
    Invalid(&'static str),
}

/// What a server said when it refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// Status of HTTP.
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The beginning of what it wrote, for callers that look into it. Not printed: nobody knows what is in it.
    pub said: String,
}

impl HttpError {
    /// How long the server asked to be left alone, or will be.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.fault {
            Fault::Resting(pause) => Some(*pause),
            Fault::Missing(refusal)
            | Fault::Unauthorized(refusal)
            | Fault::TooMuch(refusal)
            | Fault::RateLimited(refusal)
            | Fault::Unavailable(refusal)
            | Fault::Unexpected(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    /// True if nothing came back at all: the next request to this host would fare no better.
    pub fn has_no_answer(&self) -> bool {
        matches!(
            self.fault,
            Fault::Resting(_)
                | Fault::Resolve { .. }
                | Fault::Connect
                | Fault::Tls(_)
                | Fault::Timeout
                | Fault::CutOff
                | Fault::Invalid(_)
        )
    }

    /// True if the same request may well succeed later.
    pub fn is_passing(&self) -> bool {
        match &self.fault {
            Fault::RateLimited(_)
            | Fault::Unavailable(_)
            | Fault::Resting(_)
            | Fault::Resolve { .. }
            | Fault::Connect
            | Fault::Tls(_)
            | Fault::Timeout
            | Fault::CutOff
            | Fault::WrongType(_) => true,
            Fault::NothingNew { .. }
            | Fault::Missing(_)
            | Fault::Unauthorized(_)
            | Fault::TooMuch(_)
            | Fault::Unexpected(_)
            | Fault::TooLarge { .. }
            | Fault::Invalid(_) => false,
        }
    }

    pub(super) fn new(url: &reqwest::Url, fault: Fault) -> HttpError {
        HttpError { place: place(url), fault }
    }

    /// What `reqwest` could not do.
    pub(super) fn from_reqwest(url: &reqwest::Url, error: &reqwest::Error) -> HttpError {
        HttpError::new(url, fault_of(error))
    }
}

impl Error for HttpError {}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |pause: &Duration| format!("{:.0} s", pause.as_secs_f64().ceil());
        match self {
            Fault::NothingNew { .. } => f.write_str("nothing new"),
            Fault::Missing(refusal) => write!(f, "not there ({refusal})"),
            Fault::Unauthorized(refusal) => write!(f, "not allowed without a valid credential ({refusal})"),
            Fault::TooMuch(refusal) => write!(f, "too much was asked for at once ({refusal})"),
            Fault::RateLimited(refusal) => write!(f, "asked too often ({refusal})"),
            Fault::Unavailable(refusal) => write!(f, "the server has trouble ({refusal})"),
            Fault::Unexpected(refusal) => write!(f, "an unexpected answer ({refusal})"),
            Fault::Resting(pause) => write!(f, "left alone for another {} after failures", seconds(pause)),
            Fault::Resolve { timeout: Some(timeout) } => {
                write!(f, "the host's name could not be looked up within {}", seconds(timeout))
            }
            Fault::Resolve { timeout: None } => f.write_str("the host's name is not known; is there a network?"),
            Fault::Connect => f.write_str("no connection"),
            Fault::Tls(why) => write!(f, "no trustworthy connection: {why}"),
            Fault::Timeout => f.write_str("no answer in time"),
            Fault::CutOff => f.write_str("the connection was lost in the middle of the answer"),
            Fault::TooLarge { limit } => write!(f, "the answer is larger than {limit} bytes"),
            Fault::WrongType(found) => {
                write!(f, "the answer is of type {found:?}, perhaps the page of a proxy or a sign-in")
            }
            Fault::Invalid(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match self.retry_after {
            Some(pause) => write!(f, ", to be asked again in {} s", pause.as_secs()),
            None => Ok(()),
        }
    }
}

/// Host and path: what may be printed of an address. A query may hold a key, and the part before `@` a password.
fn place(url: &reqwest::Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path())
}

/// What stands behind an error of `reqwest`, which keeps it several causes deep.
fn fault_of(error: &reqwest::Error) -> Fault {
    if let Some(resolve) = cause::<ResolveError>(error) {
        return match resolve {
            ResolveError::Slow(timeout) => Fault::Resolve { timeout: Some(*timeout) },
            ResolveError::Unknown => Fault::Resolve { timeout: None },
        };
    }
    if let Some(tls) = cause::<rustls::Error>(error) {
        return Fault::Tls(tls.to_string());
    }
    if error.is_timeout() {
        Fault::Timeout
    } else if error.is_connect() {
        Fault::Connect
    } else if error.is_builder() {
        Fault::Invalid("the address is none that can be asked")
    } else if error.is_redirect() {
        Fault::Unexpected(Refusal { status: 302, ..Refusal::default() })
    } else {
        // What is left happens while an answer is read, or was about to come: reset, closed, a broken encoding.
        Fault::CutOff
    }
}

/// The first cause of that type. Errors of input and output hide what they hold from `source`.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_of_an_address_holds_no_secret() {
        let url = "https://me:hunter2@example.org:8443/v1/laps?key=hunter2#hunter2".parse().unwrap();
        let error = HttpError::new(&url, Fault::Timeout);
        assert_eq!(error.to_string(), "example.org:8443/v1/laps: no answer in time");
    }
}
