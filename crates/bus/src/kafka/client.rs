//! The client library's settings and words.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::{BusError, KafkaSettings};

/// What every client is set up with.
pub(super) fn config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", "overcut")
        .set("allow.auto.create.topics", "false")
        .set("socket.timeout.ms", millis(settings.answer_timeout.max(Duration::from_secs(10))))
        .set("reconnect.backoff.max.ms", "2000")
        .set("message.max.bytes", (settings.max_message_bytes + OVERHEAD).to_string())
        .set_log_level(RDKafkaLogLevel::Warning);
    let security = &settings.security;
    let protocol = match (security.tls, security.login.is_some()) {
        (false, false) => "plaintext",
        (true, false) => "ssl",
        (false, true) => "sasl_plaintext",
        (true, true) => "sasl_ssl",
    };
    if protocol != "plaintext" {
        config.set("security.protocol", protocol);
    }
    if let Some(file) = &security.ca_file {
        config.set("ssl.ca.location", file.to_string_lossy());
    }
    if let Some(login) = &security.login {
        config
            .set("sasl.mechanism", &login.mechanism)
            .set("sasl.username", &login.username)
            .set("sasl.password", &login.password);
    }
    config
}

/// How long a client that got no answer is listened to for the reason.
const LISTEN: Duration = Duration::from_millis(50);

/// Bytes of key, headers and framing beside a message's payload.
pub(super) const OVERHEAD: usize = 64 << 10;

pub(super) fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// What the client library says goes where all else does; its last trouble is kept for whoever asks why there is no answer.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    trouble: Mutex<Option<String>>,
}

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, _: &str, text: &str) {
        log(level, text);
        // That all brokers are down comes on top of why each is.
        if matches!(level, RDKafkaLogLevel::Error) && !text.ends_with("brokers are down") {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(in_our_words(text));
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Quiet {}

/// Why the last connection failed, since this was asked before.
fn trouble(asker: &BaseConsumer<Quiet>) -> Option<String> {
    // It consumes nothing: what waits in its queue is what is to be logged.
    asker.poll(LISTEN);
    asker.context().trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Without the thread that says it, and with what to do where that is clear.
fn in_our_words(text: &str) -> String {
    let text = text.split_once("]: ").map_or(text, |(_, text)| text);
    let hint = match text.contains("certificate verify failed") {
        true => "; bus.certificates names a file of certificates to trust",
        false => "",
    };
    format!("{text}{hint}")
}

/// Whatever it is, it is of the connection, which is made again by itself.
pub(super) fn log(level: RDKafkaLogLevel, text: &str) {
    tracing::debug!(?level, text, "kafka");
}

/// An error of the client library in our words.
pub(super) fn refused(doing: impl Into<String>, error: &KafkaError) -> BusError {
    let reason = error.rdkafka_error_code().map_or_else(|| error.to_string(), |code| code.to_string());
    BusError::Refused { doing: doing.into(), reason }
}

/// The same where a broker was asked and may not have answered.
pub(super) fn unanswered(
    settings: &KafkaSettings,
    asker: &BaseConsumer<Quiet>,
    doing: impl Into<String>,
    error: &KafkaError,
) -> BusError {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(
            code @ (Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::TimedOutQueue
            | Code::Resolve),
        ) => BusError::Unreachable {
            at: settings.brokers.clone(),
            waited: settings.answer_timeout,
            reason: trouble(asker).unwrap_or_else(|| code.to_string()),
        },
        _ => refused(doing, error),
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread.
pub(super) fn wait_for<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
