//! Answers to requests.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::faults::Trouble;
use super::store::Found;
use super::{Asked, Shared};
use crate::stub::http::{Request, Socket};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

/// What is sent.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Answer {
    fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
        Answer { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers a request; `false` if the connection is to be closed.
pub(super) async fn answer(
    socket: &mut dyn Socket,
    request: &Request,
    connection: u64,
    shared: &Shared,
) -> io::Result<bool> {
    let (trouble, answer) = {
        let mut faults = shared.faults();
        let trouble = faults.take(&request.path);
        let position_ms = shared.clock.position_ms();
        let found = match request.path.strip_prefix("/static/") {
            Some(path) if matches!(request.method.as_str(), "GET" | "HEAD") => {
                shared.store.find(path, position_ms, &faults)
            }
            _ => Found::Nothing,
        };
        (trouble, respond(request, found, faults.ignores_ranges))
    };
    let (answer, trouble) = match trouble {
        Some(Trouble::Status(status, retry_after)) => {
            let answer = Answer::new(status, "text/plain", "no");
            let answer = match retry_after {
                Some(text) => answer.with("retry-after", text),
                None => answer,
            };
            (answer, None)
        }
        Some(Trouble::Page) => (Answer::new(200, "text/html; charset=utf-8", "<html>Please sign in</html>"), None),
        other => (answer, other),
    };
    note(request, connection, &answer, trouble.as_ref(), shared);
    send(socket, request, answer, trouble).await
}

fn note(request: &Request, connection: u64, answer: &Answer, trouble: Option<&Trouble>, shared: &Shared) {
    shared.asked().push(Asked {
        at: Instant::now(),
        what: format!("{} {}", request.method, request.path),
        range: request.header("range").map(str::to_owned),
        user_agent: request.header("user-agent").map(str::to_owned),
        has_credential: request.header("authorization").is_some() || request.header("cookie").is_some(),
        connection,
        status: if trouble == Some(&Trouble::Silent) { 0 } else { answer.status },
        n_bytes: answer.body.len(),
    });
}

/// What a request gets where nothing goes wrong.
fn respond(request: &Request, found: Found, ignores_ranges: bool) -> Answer {
    let (bytes, etag, is_json) = match found {
        Found::File { bytes, etag, is_json } => (bytes, etag, is_json),
        Found::Hidden => return Answer::new(403, "application/xml", XML),
        Found::Nothing => return Answer::new(404, "text/html", "<html>Not Found</html>"),
    };
    let content_type = if is_json { "application/json" } else { "application/octet-stream" };
    let is_same = request.header("if-range").is_none_or(|wanted| wanted == etag);
    let range = request.header("range").filter(|_| !ignores_ranges && is_same);
    let tagged = |answer: Answer| {
        let answer = answer.with("etag", etag.clone()).with("last-modified", "Sat, 14 Mar 2026 03:00:00 GMT");
        if ignores_ranges { answer } else { answer.with("accept-ranges", "bytes") }
    };
    if let Some((first, last)) = range.and_then(range_of) {
        let len = bytes.len();
        if first >= len {
            return tagged(Answer::new(416, content_type, "").with("content-range", format!("bytes */{len}")));
        }
        let last = last.min(len - 1);
        let part = bytes.slice(first..=last);
        let said = format!("bytes {first}-{last}/{len}");
        return tagged(Answer::new(206, content_type, part).with("content-range", said));
    }
    let takes_gzip = request.header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip"));
    if takes_gzip && request.header("range").is_none() {
        return tagged(Answer::new(200, content_type, gzip(&bytes)).with("content-encoding", "gzip"));
    }
    tagged(Answer::new(200, content_type, bytes))
}

/// `bytes=5-` or `bytes=5-9`.
fn range_of(text: &str) -> Option<(usize, usize)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    Some((first.parse().ok()?, last))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut packed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let len = compressor.gzip_compress(bytes, &mut packed).expect("the bound is one");
    packed.truncate(len);
    packed
}

async fn send(
    socket: &mut dyn Socket,
    request: &Request,
    answer: Answer,
    trouble: Option<Trouble>,
) -> io::Result<bool> {
    if let Some(Trouble::Slow(pause)) = trouble {
        tokio::time::sleep(pause).await;
    }
    if trouble == Some(Trouble::Silent) {
        // Until the other side gives up.
        while socket.read(&mut [0; 64]).await? > 0 {}
        return Ok(false);
    }
    let is_gigantic = trouble == Some(Trouble::Gigantic);
    let len = if is_gigantic { 1 << 40 } else { answer.body.len() };
    let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {len}\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    socket.write_all(head.as_bytes()).await?;
    if request.method == "HEAD" {
        return socket.flush().await.map(|()| true);
    }
    match trouble {
        Some(Trouble::Cut(len)) => {
            socket.write_all(&answer.body[..answer.body.len().min(len)]).await?;
            socket.flush().await?;
            return Ok(false);
        }
        Some(Trouble::Drip(pause)) => drip(socket, &answer.body, pause).await?,
        _ if is_gigantic => loop {
            socket.write_all(&[b' '; 1 << 16]).await?;
        },
        _ => socket.write_all(&answer.body).await?,
    }
    socket.flush().await?;
    Ok(true)
}

async fn drip(socket: &mut dyn Socket, body: &[u8], pause: Duration) -> io::Result<()> {
    for piece in body.chunks(4096) {
        socket.write_all(piece).await?;
        socket.flush().await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}
