//! What came back.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::error::{Fault, HttpError};
use super::gate::Gate;
use crate::Secret;

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it says of itself.
    pub head: Head,
    /// Its body, decompressed.
    pub body: Bytes,
}

/// What an answer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Status of HTTP: 200, or 206 for a part.
    pub status: u16,
    /// Length of the body as it is sent, or of what a `HEAD` is about, if it is said and was not compressed.
    pub len: Option<u64>,
    /// Which part it is, for a 206.
    pub range: Option<ContentRange>,
    /// What changes when the resource does.
    pub etag: Option<String>,
    /// When it changed last, in the server's words.
    pub last_modified: Option<String>,
    /// The cookies it sets, each as `name=value`.
    pub cookies: Vec<Secret>,
}

/// Which part of the whole came: `Content-Range: bytes 1000-1654/1655`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// First byte.
    pub first: u64,
    /// Last byte.
    pub last: u64,
    /// Length of the whole, if it is known.
    pub len: Option<u64>,
}

/// An answer whose body is still coming.
#[derive(Debug)]
pub struct Incoming {
    head: Head,
    response: reqwest::Response,
    url: reqwest::Url,
    gate: Arc<Gate>,
    limit: u64,
    n_bytes: u64,
}

impl ContentRange {
    /// Reads the value of a `Content-Range`; `None` if it names no part.
    pub fn parse(text: &str) -> Option<ContentRange> {
        let (part, len) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = part.split_once('-')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(ContentRange { first, last, len: len.parse().ok() })
    }

    /// The length of the whole that `bytes */1655` names, as answers with status 416 do.
    pub(super) fn whole(text: &str) -> Option<u64> {
        text.trim().strip_prefix("bytes */")?.parse().ok()
    }
}

impl Head {
    pub(super) fn of(response: &reqwest::Response) -> Head {
        let headers = response.headers();
        Head {
            status: response.status().as_u16(),
            // `content_length` is that of the body that will come; a HEAD has none, so the header itself is read.
            len: text(headers, header::CONTENT_LENGTH).and_then(|len| len.parse().ok()),
            range: text(headers, header::CONTENT_RANGE).and_then(ContentRange::parse),
            etag: text(headers, header::ETAG).map(str::to_owned),
            last_modified: text(headers, header::LAST_MODIFIED).map(str::to_owned),
            cookies: headers.get_all(header::SET_COOKIE).iter().filter_map(cookie).collect(),
        }
    }
}

impl Incoming {
    pub(super) fn new(response: reqwest::Response, url: reqwest::Url, gate: Arc<Gate>, limit: u64) -> Incoming {
        Incoming { head: Head::of(&response), response, url, gate, limit, n_bytes: 0 }
    }

    /// What the answer says of itself.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next piece of the body, as it comes; `None` at its end. Cancel safe.
    ///
    /// # Errors
    ///
    /// If the connection is lost, too slow, or the body larger than what is taken.
    pub async fn next(&mut self) -> Result<Option<Bytes>, HttpError> {
        let chunk = self.response.chunk().await.map_err(|error| {
            self.gate.failed();
            HttpError::from_reqwest(&self.url, &error)
        })?;
        if chunk.is_none() {
            self.gate.succeeded();
        }
        self.n_bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.n_bytes > self.limit {
            return Err(HttpError::new(&self.url, Fault::TooLarge { limit: self.limit }));
        }
        Ok(chunk)
    }

    /// Waits for the whole body.
    ///
    /// # Errors
    ///
    /// As for [`next`](Incoming::next).
    pub async fn whole(mut self) -> Result<Answer, HttpError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { head: self.head, body: body.freeze() })
    }
}

/// Name and value of a cookie, without what is said about its use.
fn cookie(header: &HeaderValue) -> Option<Secret> {
    let pair = header.to_str().ok()?.split(';').next()?.trim();
    pair.contains('=').then(|| Secret::new(pair))
}

/// The text of a header, if it is text.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let range = |first, last, len| Some(ContentRange { first, last, len });
        let cases = [
            ("bytes 1000-1654/1655", range(1000, 1654, Some(1655))),
            ("bytes 0-0/*", range(0, 0, None)),
            ("bytes */1655", None),
            ("bytes 5-4/9", None),
            ("bytes -4/9", None),
            ("lines 1-2/3", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(ContentRange::parse(text), want, "{text:?}");
        }
        assert_eq!(ContentRange::whole("bytes */1655"), Some(1655));
    }
}
