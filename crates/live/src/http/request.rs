//! A request, and how its answer is judged.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode, Upgraded, Url};

use super::answer::{Answer, ContentRange, Incoming, text};
use super::client::HttpClient;
use super::error::{Fault, HttpError, Refusal};
use super::gate::Gate;
use super::retry_after;
use crate::Secret;

/// How much of a refusal is read, bytes.
const MAX_SAID: usize = 1024;

/// What kind of answer is wanted; another one is [`Fault::WrongType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// JSON, and said to be so.
    Json,
    /// Anything that is not said to be a page or a picture: file servers have their own ideas about types.
    Data,
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    client: &'a HttpClient,
    method: Method,
    url: Option<Url>,
    headers: HeaderMap,
    body: Option<String>,
    content: Content,
    limit: u64,
}

impl<'a> Request<'a> {
    pub(super) fn new(client: &'a HttpClient, method: Method, url: &str) -> Request<'a> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let (headers, content, limit) = (HeaderMap::new(), Content::Data, client.max_body);
        Request { client, method, url, headers, body: None, content, limit }
    }

    /// Takes only this kind of answer.
    pub fn expecting(self, content: Content) -> Self {
        Request { content, ..self }
    }

    /// Takes at most so many bytes.
    pub fn at_most(self, limit: u64) -> Self {
        Request { limit, ..self }
    }

    /// Adds members to the query of the address.
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        if let Some(url) = self.url.as_mut().filter(|_| !pairs.is_empty()) {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        self
    }

    /// Adds a header. A value that may not stand in one is left out.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Asks for the bytes from `first` on, up to `last` if there is one, as they are stored.
    ///
    /// Parts of a compressed file could not be put together, so that none is asked for.
    pub fn range(self, first: u64, last: Option<u64>) -> Self {
        let last = last.map(|last| last.to_string()).unwrap_or_default();
        self.header(header::RANGE, &format!("bytes={first}-{last}")).uncompressed()
    }

    /// Asks for the bytes as they are stored.
    pub fn uncompressed(self) -> Self {
        self.header(header::ACCEPT_ENCODING, "identity")
    }

    /// Adds a header that no log of a lower layer prints. A value that may not stand in one is left out.
    pub fn secret_header(mut self, name: HeaderName, value: &Secret) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value.reveal()) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// Shows a token. It is marked as a secret, so that no log of a lower layer prints it.
    pub fn bearer(mut self, token: &Secret) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.reveal())) {
            value.set_sensitive(true);
            self.headers.insert(header::AUTHORIZATION, value);
        }
        self
    }

    /// Sends the members of a form.
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        // A query is written as a form is, so that an address does the writing.
        let mut scratch = Url::parse("http://form").expect("this is an address");
        scratch.query_pairs_mut().extend_pairs(pairs);
        self.body = scratch.query().map(str::to_owned);
        self.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// Sends it and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// If there is no answer, a refusal, or an answer of another kind or size.
    pub async fn fetch(self) -> Result<Answer, HttpError> {
        let (timeout, gate, url) = (self.client.whole_timeout, self.client.gate.clone(), self.url.clone());
        // The turn is waited for outside of the time that the answer has.
        self.turn().await?;
        match (tokio::time::timeout(timeout, async { self.send().await?.whole().await }).await, url) {
            (Ok(answer), _) => answer,
            (Err(_), Some(url)) => {
                gate.failed();
                Err(HttpError::new(&url, Fault::Timeout))
            }
            (Err(_), None) => Err(invalid()),
        }
    }

    /// Sends it and waits for the beginning of the answer.
    ///
    /// # Errors
    ///
    /// If there is none, or a refusal, or an answer of another kind.
    pub async fn open(self) -> Result<Incoming, HttpError> {
        self.turn().await?;
        self.send().await
    }

    /// Sends it and takes over the connection if the host agrees (101): for a WebSocket, whose headers are the caller's
    /// business. Needs a client of HTTP/1.1 alone.
    ///
    /// # Errors
    ///
    /// If there is no answer, or another one.
    pub async fn upgrade(self) -> Result<(HeaderMap, Upgraded), HttpError> {
        self.turn().await?;
        let gate = self.client.gate.clone();
        let upgraded = self.exchange_upgrade().await;
        match &upgraded {
            Ok(_) => gate.succeeded(),
            Err(error) => judge(&gate, error),
        }
        upgraded
    }

    async fn exchange_upgrade(self) -> Result<(HeaderMap, Upgraded), HttpError> {
        let Some(url) = self.url else { return Err(invalid()) };
        let request = self.client.client.request(self.method, url.clone()).headers(self.headers);
        let failed = |error| HttpError::from_reqwest(&url, &error);
        let mut response = request.send().await.map_err(failed)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(HttpError::new(&url, refusal(response).await));
        }
        let headers = std::mem::take(response.headers_mut());
        Ok((headers, response.upgrade().await.map_err(failed)?))
    }

    /// Waits until the host may be asked.
    async fn turn(&self) -> Result<(), HttpError> {
        let Some(url) = &self.url else { return Err(invalid()) };
        self.client.gate.pass().await.map_err(|left| HttpError::new(url, Fault::Resting(left)))
    }

    /// Sends it, and tells the gate if it went wrong.
    async fn send(self) -> Result<Incoming, HttpError> {
        let gate = self.client.gate.clone();
        self.exchange().await.inspect_err(|error| judge(&gate, error))
    }

    async fn exchange(self) -> Result<Incoming, HttpError> {
        let Some(url) = self.url else { return Err(invalid()) };
        let mut request = self.client.client.request(self.method, url.clone()).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| HttpError::from_reqwest(&url, &error))?;
        if !response.status().is_success() {
            return Err(HttpError::new(&url, refusal(response).await));
        }
        if let Some(found) = other_type(&response, self.content) {
            return Err(HttpError::new(&url, Fault::WrongType(found)));
        }
        if response.content_length().is_some_and(|len| len > self.limit) {
            return Err(HttpError::new(&url, Fault::TooLarge { limit: self.limit }));
        }
        Ok(Incoming::new(response, url, self.client.gate.clone(), self.limit))
    }
}

fn invalid() -> HttpError {
    HttpError { place: "a request".to_owned(), fault: Fault::Invalid("the address is not one of HTTP") }
}

/// Tells the gate what a failure means: whether the host lives, and whether it wants to be left alone.
fn judge(gate: &Gate, error: &HttpError) {
    match &error.fault {
        Fault::RateLimited(refusal) | Fault::Unavailable(refusal) if refusal.retry_after.is_some() => {
            gate.asked_to_wait(refusal.retry_after.unwrap_or_default());
        }
        Fault::Unavailable(_)
        | Fault::Resolve { .. }
        | Fault::Connect
        | Fault::Tls(_)
        | Fault::Timeout
        | Fault::CutOff => gate.failed(),
        Fault::Resting(_) | Fault::Invalid(_) => {}
        // It answered, if not as hoped.
        _ => gate.succeeded(),
    }
}

/// What a status other than success means.
async fn refusal(response: Response) -> Fault {
    let status = response.status().as_u16();
    let headers = response.headers();
    if status == 304 || status == 416 {
        let len = text(headers, header::CONTENT_RANGE).and_then(ContentRange::whole);
        return Fault::NothingNew { len };
    }
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let asked = text(headers, header::RETRY_AFTER);
    let retry_after = asked.and_then(|asked| retry_after::pause(asked, text(headers, header::DATE), now_s));
    let refusal = Refusal { status, retry_after, said: said(response).await };
    match status {
        401 | 407 => Fault::Unauthorized(refusal),
        403 | 404 | 410 => Fault::Missing(refusal),
        413 | 422 => Fault::TooMuch(refusal),
        429 => Fault::RateLimited(refusal),
        500..=599 => Fault::Unavailable(refusal),
        _ => Fault::Unexpected(refusal),
    }
}

/// The beginning of a refusal's body. One that does not come is as good as none.
async fn said(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MAX_SAID {
            bytes.truncate(MAX_SAID);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The type of an answer that is not what was wanted. One without a type is given the benefit of the doubt.
fn other_type(response: &Response, wanted: Content) -> Option<String> {
    let stated = text(response.headers(), header::CONTENT_TYPE)?;
    let essence = stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence.ends_with("/json") || essence.ends_with("+json");
    let is_page = essence.ends_with("html") || essence.ends_with("/xml") || essence.ends_with("+xml");
    let is_media = ["image/", "video/", "audio/", "font/"].iter().any(|kind| essence.starts_with(kind));
    let is_wanted = match wanted {
        Content::Json => is_json,
        Content::Data => !is_page && !is_media,
    };
    // What the other side says is printed: keep it short and plain.
    let is_plain = |letter: &char| letter.is_ascii_graphic();
    (!is_wanted).then(|| essence.chars().filter(is_plain).take(60).collect())
}
