//! As much of HTTP/1.1 as a negotiation and an upgrade need.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A connection, encrypted or not.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

/// Longest head of a request.
const MAX_HEAD: usize = 32 << 10;

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads one; `None` if the other side has gone. `rest` holds what was read beyond it.
    pub(super) async fn read(socket: &mut dyn Socket, rest: &mut Vec<u8>) -> io::Result<Option<Request>> {
        let end = loop {
            if let Some(at) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            let mut part = [0; 4096];
            let len = socket.read(&mut part).await?;
            if len == 0 || rest.len() > MAX_HEAD {
                return Ok(None);
            }
            rest.extend_from_slice(&part[..len]);
        };
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest.drain(..end + 4);
        let Some(mut request) = Request::parse(&head) else { return Ok(None) };
        let body_len = request.header("content-length").and_then(|len| len.parse().ok()).unwrap_or(0);
        while rest.len() < body_len {
            let mut part = [0; 4096];
            let len = socket.read(&mut part).await?;
            if len == 0 {
                return Ok(None);
            }
            rest.extend_from_slice(&part[..len]);
        }
        request.body = rest.drain(..body_len).collect();
        Ok(Some(request))
    }

    fn parse(head: &str) -> Option<Request> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.filter_map(header).collect();
        Some(Request { method, path: percent_decoded(path), query: query.to_owned(), headers, body: Vec::new() })
    }

    /// A header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    /// A parameter of the query, its percent signs resolved.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|pair| pair.0 == name).map(|pair| percent_decoded(pair.1))
    }
}

pub(super) fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(b'?'));
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn of(status: u16, body: impl Into<String>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) async fn write(&self, socket: &mut dyn Socket) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if self.status != 101 {
            text += &format!("content-length: {}\r\n", self.body.len());
        }
        text += "\r\n";
        text += &self.body;
        socket.write_all(text.as_bytes()).await?;
        socket.flush().await
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        _ => "Whatever",
    }
}
