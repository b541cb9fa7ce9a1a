//! TLS for stubs and for servers that speak none: a certificate that nobody signed.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A certificate for `localhost` and `127.0.0.1`, fresh for every stub, and what serves it.
#[derive(Clone)]
pub struct SelfSigned {
    /// Takes connections.
    pub acceptor: TlsAcceptor,
    /// The certificate in PEM, for clients that are told to trust it.
    pub pem: String,
}

impl SelfSigned {
    /// A fresh one.
    pub fn new() -> SelfSigned {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let own = rcgen::generate_simple_self_signed(names).expect("a key pair from the system's randomness");
        let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key))
            .expect("a fresh certificate and its own key fit together");
        SelfSigned { acceptor: TlsAcceptor::from(Arc::new(config)), pem: pem_of(own.cert.der()) }
    }
}

impl Default for SelfSigned {
    fn default() -> SelfSigned {
        SelfSigned::new()
    }
}

/// Takes TLS on a port of its own and passes on what it hears to a server that speaks none.
pub struct TlsFront {
    /// Where it listens, on `127.0.0.1`.
    pub port: u16,
    /// What it shows.
    pub certificate: SelfSigned,
    listener: TcpListener,
    runtime: Runtime,
}

impl TlsFront {
    /// Listens, so that its port can be told to the server before that is started.
    pub fn new() -> TlsFront {
        let runtime = Runtime::new().expect("threads");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        TlsFront { port, certificate: SelfSigned::new(), listener, runtime }
    }

    /// Passes connections on to a server, until what this gives is dropped.
    pub fn pass_to(self, server: String) -> Runtime {
        let TlsFront { certificate, listener, runtime, .. } = self;
        runtime.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, server) = (certificate.acceptor.clone(), server.clone());
                tokio::spawn(async move {
                    // Whoever does not trust the certificate goes away: that is the end of that connection only.
                    let mut outside = acceptor.accept(connection).await?;
                    let mut inside = TcpStream::connect(server).await?;
                    tokio::io::copy_bidirectional(&mut outside, &mut inside).await
                });
            }
        });
        runtime
    }
}

impl Default for TlsFront {
    fn default() -> TlsFront {
        TlsFront::new()
    }
}

fn pem_of(der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
