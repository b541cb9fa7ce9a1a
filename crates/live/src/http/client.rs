//! The client of one host.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Method, Url};
use rustls::pki_types::CertificateDer;

use super::error::{Fault, HttpError};
use super::gate::{Gate, Window};
use super::request::Request;
use super::resolve::{Lookup, Timed};
use crate::certificates;

/// How we present ourselves, unless a host demands something else.
const USER_AGENT: &str = concat!("overcut/", env!("CARGO_PKG_VERSION"));

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// How a host is to be asked.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// How we present ourselves; our own name and version, unless the host demands something else.
    pub user_agent: Cow<'static, str>,
    /// Requests that may go out; none for as many as are asked for.
    pub windows: Vec<Window>,
    /// Longest wait for the host's address.
    pub resolve_timeout: Duration,
    /// Longest wait for a connection, its address and its encryption.
    pub connect_timeout: Duration,
    /// Longest wait for the next byte.
    pub read_timeout: Duration,
    /// Longest wait for a whole answer that is fetched at once.
    pub whole_timeout: Duration,
    /// How long the host is left alone after five failures in a row.
    pub rest: Duration,
    /// Largest body that is taken, bytes after decompression, unless a request says otherwise.
    pub max_body: u64,
    /// How the host's address is looked up.
    pub lookup: Lookup,
    /// A file of certificates in PEM that are trusted besides those of the system.
    pub certificates: Option<PathBuf>,
    /// Speaks HTTP/1.1 alone, as an upgrade to a WebSocket needs it.
    pub http1_only: bool,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            user_agent: Cow::Borrowed(USER_AGENT),
            windows: Vec::new(),
            resolve_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            whole_timeout: Duration::from_secs(120),
            rest: Duration::from_secs(30),
            max_body: 32 << 20,
            lookup: Lookup::system(),
            certificates: None,
            http1_only: false,
        }
    }
}

/// A client of one host. Cheap to clone; clones keep to the same limits together.
#[derive(Debug, Clone)]
pub struct HttpClient {
    pub(super) client: reqwest::Client,
    pub(super) gate: Arc<Gate>,
    pub(super) max_body: u64,
    pub(super) whole_timeout: Duration,
}

impl HttpClient {
    /// A client that asks as it is told to.
    ///
    /// # Errors
    ///
    /// If the user agent is no text that may stand in a header, or the file of certificates cannot be read.
    pub fn new(settings: HttpSettings) -> Result<HttpClient, HttpError> {
        // An error says that another part of the program has chosen one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let invalid = |what| HttpError { place: "the settings".to_owned(), fault: Fault::Invalid(what) };
        let no_certificates = || invalid("the file of certificates cannot be read");
        let own = settings.certificates.as_deref().map(|path| certificates::read(path).ok_or_else(no_certificates));
        let own = own.transpose()?.unwrap_or_default();
        let certificates: Result<Vec<_>, _> = own.iter().map(|own| Certificate::from_der(own)).collect();
        let certificates = certificates.map_err(|_| no_certificates())?;
        // The system's certificates know a company's own; where there are none, Mozilla's list stands in.
        let client = builder(&settings)
            .tls_certs_merge(certificates)
            .build()
            .or_else(|_| builder(&settings).tls_backend_preconfigured(tls(&own)).build());
        Ok(HttpClient {
            client: client.map_err(|_| invalid("the user agent may not stand in a header"))?,
            gate: Arc::new(Gate::new(settings.windows, settings.rest)),
            max_body: settings.max_body,
            whole_timeout: settings.whole_timeout,
        })
    }

    /// Asks for what is at an address.
    pub fn get(&self, url: &str) -> Request<'_> {
        Request::new(self, Method::GET, url)
    }

    /// Asks what would come for an address, without its body.
    pub fn head(&self, url: &str) -> Request<'_> {
        Request::new(self, Method::HEAD, url)
    }

    /// Asks what an address takes: for the headers that come with the answer.
    pub fn options(&self, url: &str) -> Request<'_> {
        Request::new(self, Method::OPTIONS, url)
    }

    /// Sends something to an address.
    pub fn post(&self, url: &str) -> Request<'_> {
        Request::new(self, Method::POST, url)
    }
}

fn builder(settings: &HttpSettings) -> reqwest::ClientBuilder {
    let resolver = Timed { lookup: settings.lookup.clone(), timeout: settings.resolve_timeout };
    let builder = reqwest::Client::builder();
    let builder = if settings.http1_only { builder.http1_only() } else { builder };
    builder
        .user_agent(settings.user_agent.as_ref())
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .redirect(Policy::custom(redirect))
        .referer(false) // an address may hold a key
        .dns_resolver(resolver)
}

/// Follows a few redirects, but never out of encryption.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_encrypted = attempt.previous().last().map(Url::scheme) == Some("https");
    if was_encrypted && attempt.url().scheme() != "https" || attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("redirected too often, or out of encryption");
    }
    attempt.follow()
}

/// TLS that trusts Mozilla's list, and certificates of one's own.
fn tls(own: &[CertificateDer<'static>]) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(own.iter().cloned());
    rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}
