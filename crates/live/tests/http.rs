//! The HTTP client against servers that misbehave.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use overcut_live::Secret;
use overcut_live::http::{Content, Fault, HttpClient, HttpSettings, Lookup, Window};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const OK_JSON: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";

/// A server that answers every request with what `answer` makes of its head, and then hangs up.
async fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (answer, n_requests) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
    let counted = n_requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, counted) = (answer.clone(), counted.clone());
            tokio::spawn(async move {
                let request = head_of(&mut stream).await;
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(&answer(&request)).await;
                let _ = stream.shutdown().await;
                // What is still sent is read, or closing would reset the connection under the answer.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            });
        }
    });
    (url, n_requests)
}

async fn head_of(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A handshake of TLS begins with 22 and is no request: it is answered as plainly as the others.
    while !bytes.ends_with(b"\r\n\r\n") && bytes.first() != Some(&22) {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn client() -> HttpClient {
    client_with(|_| {})
}

fn client_with(change: impl FnOnce(&mut HttpSettings)) -> HttpClient {
    let mut settings = HttpSettings { read_timeout: Duration::from_millis(300), ..HttpSettings::default() };
    change(&mut settings);
    HttpClient::new(settings).unwrap()
}

/// What becomes of a request that is answered like this.
async fn fault(answer: impl Into<Vec<u8>>) -> Fault {
    let answer = answer.into();
    let (url, _) = server(move |_| answer.clone()).await;
    client().get(&url).expecting(Content::Json).fetch().await.unwrap_err().fault
}

fn refusal(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n{headers}\r\nwhat")
}

#[tokio::test]
async fn statuses_become_what_to_do_about_them() {
    assert!(matches!(fault(refusal(401, "")).await, Fault::Unauthorized(_)));
    assert!(matches!(fault(refusal(403, "")).await, Fault::Missing(refusal) if refusal.said == "what"));
    assert!(matches!(fault(refusal(404, "")).await, Fault::Missing(_)));
    assert!(matches!(fault(refusal(422, "")).await, Fault::TooMuch(_)));
    assert!(matches!(fault(refusal(503, "")).await, Fault::Unavailable(_)));
    assert!(matches!(fault(refusal(418, "")).await, Fault::Unexpected(_)));
    let nothing = "HTTP/1.1 416 X\r\nContent-Range: bytes */1655\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(fault(nothing).await, Fault::NothingNew { len: Some(1655) });
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_and_as_a_date() {
    let seconds = Duration::from_secs;
    assert!(matches!(fault(refusal(429, "")).await, Fault::RateLimited(r) if r.retry_after.is_none()));
    let limited = fault(refusal(429, "Retry-After: 7\r\n")).await;
    assert!(matches!(limited, Fault::RateLimited(r) if r.retry_after == Some(seconds(7))));
    let dates = "Date: Sat, 14 Mar 2026 03:00:00 GMT\r\nRetry-After: Sat, 14 Mar 2026 03:00:09 GMT\r\n";
    assert!(
        matches!(fault(refusal(503, dates)).await, Fault::Unavailable(r) if r.retry_after == Some(seconds(9))),
        "the server's own clock counts"
    );
}

#[tokio::test]
async fn a_page_where_data_should_be_is_refused() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>";
    assert_eq!(fault(page).await, Fault::WrongType("text/html".into()));
    let (url, _) = server(move |_| page.into()).await;
    assert_eq!(client().get(&url).fetch().await.unwrap_err().fault, Fault::WrongType("text/html".into()));
}

#[tokio::test]
async fn a_truncated_body_is_no_answer() {
    let cuts = [
        "Content-Length: 100\r\n\r\n[1,2",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n",
        "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ];
    for cut in cuts {
        assert_eq!(fault(format!("HTTP/1.1 200 OK\r\n{cut}")).await, Fault::CutOff, "{cut:?}");
    }
    assert_eq!(fault("").await, Fault::CutOff);
}

#[tokio::test]
async fn a_gigantic_body_is_not_taken() {
    let stated = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n[";
    assert_eq!(fault(stated).await, Fault::TooLarge { limit: 32 << 20 });
    let unstated = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{:1001}", "");
    let (url, _) = server(move |_| unstated.clone().into()).await;
    let error = client().get(&url).at_most(1000).fetch().await.unwrap_err();
    assert_eq!(error.fault, Fault::TooLarge { limit: 1000 });
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_no_longer_than_agreed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    assert_eq!(client().get(&url).fetch().await.unwrap_err().fault, Fault::Timeout);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_drips_is_given_up_in_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head_of(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await.unwrap();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while stream.write_all(b" ").await.is_ok() {
            tick.tick().await;
        }
    });
    let client = client_with(|settings| settings.whole_timeout = Duration::from_millis(500));
    assert_eq!(client.get(&url).fetch().await.unwrap_err().fault, Fault::Timeout);
}

#[tokio::test]
async fn slow_dns_is_named_as_such() {
    let client = client_with(|settings| {
        settings.resolve_timeout = Duration::from_millis(50);
        settings.lookup = Lookup::new(|_| Box::pin(std::future::pending()));
    });
    let error = client.get("http://somewhere.invalid/x?key=hunter2").fetch().await.unwrap_err();
    assert_eq!(error.fault, Fault::Resolve { timeout: Some(Duration::from_millis(50)) });
    assert_eq!(error.to_string(), "somewhere.invalid/x: the host's name could not be looked up within 1 s");
}

#[tokio::test]
async fn an_unknown_host_and_a_closed_port_are_told_apart() {
    let unknown = client_with(|settings| settings.lookup = Lookup::new(|_| Box::pin(async { Ok(Vec::new()) })));
    let error = unknown.get("http://somewhere.invalid/").fetch().await.unwrap_err();
    assert_eq!(error.fault, Fault::Resolve { timeout: None });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(client().get(&url).fetch().await.unwrap_err().fault, Fault::Connect);
}

#[tokio::test]
async fn a_tls_failure_is_named_as_such() {
    let (url, _) = server(|_| OK_JSON.into()).await;
    let error = client().get(&url.replace("http:", "https:")).fetch().await.unwrap_err();
    assert!(matches!(error.fault, Fault::Tls(_)), "{error}");
    assert!(error.to_string().contains("no trustworthy connection"), "{error}");
}

#[tokio::test]
async fn we_say_who_we_are_and_show_a_token_to_nobody_but_its_host() {
    let heads = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (seen_there, seen_here) = (heads.clone(), heads.clone());
    let (other, _) = server(move |head| {
        seen_there.lock().unwrap().push(head.to_ascii_lowercase());
        OK_JSON.into()
    })
    .await;
    let (url, _) = server(move |head| {
        seen_here.lock().unwrap().push(head.to_ascii_lowercase());
        format!("HTTP/1.1 302 Found\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n").into()
    })
    .await;
    let token = Secret::new("hunter2");
    client().get(&url).bearer(&token).expecting(Content::Json).fetch().await.unwrap();
    let heads = heads.lock().unwrap();
    assert!(heads[0].contains("user-agent: overcut/") && heads[0].contains("authorization: bearer hunter2"));
    assert!(heads[0].contains("accept-encoding: gzip"), "{heads:?}");
    assert!(!heads[1].contains("hunter2") && !heads[1].contains("referer"), "{heads:?}");
}

#[tokio::test]
async fn neither_queries_nor_answers_are_printed() {
    let (url, _) = server(|_| b"HTTP/1.1 401 X\r\nContent-Length: 7\r\n\r\nhunter2".to_vec()).await;
    let error = client().get(&url).query(&[("apikey", "hunter2")]).fetch().await.unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(matches!(error.fault, Fault::Unauthorized(refusal) if refusal.said == "hunter2"));
}

#[tokio::test]
async fn forms_and_queries_are_written_as_they_must_be() {
    let (url, _) = server(|head| {
        let head = head.to_ascii_lowercase();
        let is_right = head.starts_with("post /token?a=b%26c ")
            && head.contains("application/x-www-form-urlencoded")
            && head.contains("content-length: 31\r\n");
        if is_right { OK_JSON.into() } else { refusal(400, "").into() }
    })
    .await;
    let form = [("username", "a b"), ("password", "&=%")]; // username=a+b&password=%26%3D%25
    client().post(&format!("{url}/token")).query(&[("a", "b&c")]).form(&form).fetch().await.unwrap();
}

#[tokio::test]
async fn a_dead_host_is_left_alone_after_five_failures() {
    let (url, n_requests) = server(|_| b"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let client = client();
    for _ in 0..5 {
        assert!(matches!(client.get(&url).fetch().await.unwrap_err().fault, Fault::Unavailable(_)));
    }
    assert!(matches!(client.clone().get(&url).fetch().await.unwrap_err().fault, Fault::Resting(_)));
    assert_eq!(n_requests.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_retry_after_holds_for_everybody_who_asks_that_host() {
    let (url, n_requests) = server(|_| b"HTTP/1.1 429 X\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let client = client();
    client.get(&url).fetch().await.unwrap_err();
    let error = client.clone().get(&url).fetch().await.unwrap_err();
    assert!(matches!(error.fault, Fault::Resting(_)) && error.retry_after() > Some(Duration::from_secs(2)), "{error}");
    assert_eq!(n_requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn requests_keep_to_the_window() {
    let (url, _) = server(|_| OK_JSON.into()).await;
    let client = client_with(|settings| settings.windows = vec![Window::new(2, Duration::from_millis(200))]);
    let begun = Instant::now();
    for _ in 0..5 {
        client.get(&url).fetch().await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_body_can_be_taken_piece_by_piece() {
    let (url, _) = server(|head| {
        let head = head.to_ascii_lowercase();
        if !head.contains("range: bytes=4-\r\n") || !head.contains("accept-encoding: identity") {
            return refusal(400, "").into();
        }
        b"HTTP/1.1 206 X\r\nContent-Range: bytes 4-9/10\r\nETag: \"a\"\r\nContent-Length: 6\r\n\r\nabc".to_vec()
    })
    .await;
    let mut incoming = client().get(&url).range(4, None).open().await.unwrap();
    assert_eq!(incoming.head().range.unwrap().first, 4);
    assert_eq!(incoming.head().etag.as_deref(), Some("\"a\""));
    assert_eq!(&incoming.next().await.unwrap().unwrap()[..], b"abc", "what came before the cut is not lost");
    assert_eq!(incoming.next().await.unwrap_err().fault, Fault::CutOff);
}

#[tokio::test]
async fn an_address_that_is_none_is_an_error() {
    for url in ["", "nowhere", "ftp://example.org/x", "file:///etc/passwd"] {
        assert!(matches!(client().get(url).fetch().await.unwrap_err().fault, Fault::Invalid(_)), "{url:?}");
    }
}

#[tokio::test]
async fn names_are_looked_up_as_we_are_told() {
    let (url, _) = server(|_| OK_JSON.into()).await;
    let port = url.rsplit(':').next().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let client =
        client_with(|settings| settings.lookup = Lookup::new(move |_| Box::pin(async move { Ok(vec![address]) })));
    client.get(&format!("http://somewhere.invalid:{port}/")).fetch().await.unwrap();
}
