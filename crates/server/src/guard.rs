//! Who may speak to us: names the server answers under, origins that browsers may call from, headers on every answer.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::problem;

/// The dashboard needs nothing but itself; styles are set from scripts in places, hence `unsafe-inline` there.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How a page stands to the server it asks, says the browser.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The rules of who may speak to us.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    /// On loopback a foreign `Host` means that somebody's page has pointed its own name at us (DNS rebinding).
    checks_host: bool,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Guard {
    pub(crate) fn new(bound: SocketAddr, hosts: &[String], origins: &[String]) -> Guard {
        let own = [bound.ip().to_string(), "localhost".to_owned()];
        let hosts: Vec<_> = own.into_iter().chain(hosts.iter().map(|host| host.to_ascii_lowercase())).collect();
        // On other addresses we cannot know our names, unless they are configured.
        let checks_host = bound.ip().is_loopback() || hosts.len() > 2;
        let origins = origins.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        Guard { checks_host, hosts, origins }
    }

    /// True if the server answers under the name in the `Host` header.
    fn knows_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let authority = host.and_then(|host| host.parse::<Authority>().ok());
        let Some(name) = authority.as_ref().map(|authority| authority.host().to_ascii_lowercase()) else {
            return !self.checks_host;
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        !self.checks_host || is_loopback || self.hosts.iter().any(|known| known == name)
    }

    /// True if a page of the request's origin may open a WebSocket or ask in SQL here: a page of ours, one of a configured
    /// origin, or no page at all (programs send no `Origin`).
    fn allows_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            // A browser names no origin where a page wants no answer, as of a picture, but says that another site asks.
            return headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
        };
        let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else { return false };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let own = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
        own || self.origins.contains(&origin)
    }
}

/// Refuses requests under a name that is not ours, and of foreign pages what is dear: WebSockets and questions in SQL.
pub(crate) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !guard.knows_host(headers) {
        let host = headers.get(header::HOST).cloned();
        let detail = format!("Host is {host:?}; add the name to allowed_hosts if it is meant to reach this server");
        return problem("wrong-host", detail).into_response();
    }
    let is_websocket = headers.contains_key(header::SEC_WEBSOCKET_KEY) || headers.contains_key(header::UPGRADE);
    let is_dear = is_websocket || request.uri().path() == "/api/v1/sql";
    if is_dear && !guard.allows_origin(headers) {
        let origin = headers.get(header::ORIGIN).cloned();
        let detail = format!("Origin is {origin:?}; add it to allowed_origins if pages from there may connect");
        return problem("forbidden-origin", detail).into_response();
    }
    next.run(request).await
}

/// Puts the headers on that every answer bears.
pub(crate) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::CACHE_CONTROL, "no-cache");
    response
}

/// Refuses what is not a reading method, on any path.
pub(crate) async fn only_reads(request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => next.run(request).await,
        _ => {
            let detail = format!("{} is not offered anywhere; use GET", request.method());
            let mut response = problem("method-not-allowed", detail).into_response();
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn on_loopback_only_our_own_names_reach_us() {
        let guard = Guard::new("127.0.0.1:8722".parse().unwrap(), &["wall.example".to_owned()], &[]);
        let cases = [
            ("127.0.0.1:8722", true),
            ("localhost:8722", true),
            ("[::1]:8722", true),
            ("WALL.example", true),
            ("evil.example:8722", false),
            ("localhost.evil.example", false),
        ];
        for (host, want) in cases {
            assert_eq!(guard.knows_host(&headers(&[(header::HOST, host)])), want, "{host}");
        }
        assert!(!guard.knows_host(&HeaderMap::new()));
        let open = Guard::new("0.0.0.0:8722".parse().unwrap(), &[], &[]);
        assert!(open.knows_host(&headers(&[(header::HOST, "pitwall.lan:8722")])));
    }

    #[test]
    fn pages_of_others_may_not_connect() {
        let guard = Guard::new("127.0.0.1:8722".parse().unwrap(), &[], &["https://wall.example/".to_owned()]);
        let cases = [
            (None, true),
            (Some("http://localhost:8722"), true),
            (Some("https://wall.example"), true),
            (Some("http://localhost:5173"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
        ];
        for (origin, want) in cases {
            let mut headers = headers(&[(header::HOST, "localhost:8722")]);
            origin.map(|origin| headers.insert(header::ORIGIN, HeaderValue::from_static(origin)));
            assert_eq!(guard.allows_origin(&headers), want, "{origin:?}");
        }
        for (site, want) in [("none", true), ("same-origin", true), ("same-site", false), ("cross-site", false)] {
            let headers = headers(&[(header::HeaderName::from_static(SEC_FETCH_SITE), site)]);
            assert_eq!(guard.allows_origin(&headers), want, "{site}");
        }
    }
}
