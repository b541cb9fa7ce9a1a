//! How a role is: counted here, said in the log, over HTTP as JSON and for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use axum::Json;
use axum::Router;
use axum::routing::get;
use overcut_bus::{Lag, Topic};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::clock::utc_now;
use crate::delays::Delays;

/// Reasons that are told apart; what comes on top is counted with the last.
const MAX_REASONS: usize = 32;

/// Upper edges of the bins of delays in the metrics, milliseconds.
const EDGES_MS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];

/// The figures of one role, shared by its threads.
#[derive(Debug, Clone, Default)]
pub struct Status(Arc<Mutex<Figures>>);

/// What is counted. Names are those of the JSON and, behind `overcut_role_`, of the metrics.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Which role.
    pub role: String,
    /// Messages read.
    pub n_messages: u64,
    /// Messages read again, and recognised.
    pub n_repeats: u64,
    /// Messages that are missing for good.
    pub n_missing: u64,
    /// Messages put aside because they could not be read, by reason.
    pub dead: BTreeMap<String, u64>,
    /// What came out: insights of an engine, rows of a sink, messages of an ingest.
    pub n_out: u64,
    /// Partitions that are ours.
    pub n_partitions: usize,
    /// Sessions that are not over.
    pub n_open_sessions: usize,
    /// Times that the bus or a store failed.
    pub n_troubles: u64,
    /// The last trouble.
    pub last_trouble: String,
    /// From when events were published to when they were folded here.
    pub taken_delay: Delays,
    /// From when events were published to when the store had their rows.
    pub stored_delay: Delays,
    /// Messages between us and the end, by topic.
    pub lag: BTreeMap<&'static str, u64>,
}

impl Status {
    /// Of a role of which nothing was heard yet.
    pub fn of(role: &str) -> Status {
        Status(Arc::new(Mutex::new(Figures { role: role.to_owned(), ..Figures::default() })))
    }

    /// The figures now.
    pub fn figures(&self) -> Figures {
        self.lock().clone()
    }

    pub fn heard(&self) {
        self.lock().n_messages += 1;
    }

    /// An event that was published then was folded.
    pub fn took(&self, published_ms: i64) {
        self.lock().taken_delay.note_since(published_ms, utc_now().as_millis());
    }

    /// The store has the rows of events that were published then.
    pub fn stored(&self, published_ms: &[i64]) {
        let (now, mut figures) = (utc_now().as_millis(), self.lock());
        published_ms.iter().for_each(|published_ms| figures.stored_delay.note_since(*published_ms, now));
    }

    pub fn repeated(&self) {
        self.lock().n_repeats += 1;
    }

    pub fn came_out(&self, n: u64) {
        self.lock().n_out += n;
    }

    pub fn missed(&self, session: &str, n_missing: u64) {
        tracing::error!(session, n_missing, "messages are missing on the bus; the session goes on without them");
        self.lock().n_missing += n_missing;
    }

    /// Says each reason once.
    pub fn buried(&self, reason: &str) {
        let mut figures = self.lock();
        let is_known = figures.dead.contains_key(reason);
        let has_room = figures.dead.len() < MAX_REASONS;
        let reason = if is_known || has_room { reason } else { "other" };
        if !is_known {
            tracing::warn!(reason, "a message cannot be read and was put aside; more of that kind are only counted");
        }
        *figures.dead.entry(reason.to_owned()).or_default() += 1;
    }

    pub fn trouble(&self, error: &anyhow::Error) {
        let mut figures = self.lock();
        figures.n_troubles += 1;
        figures.last_trouble = format!("{error:#}");
    }

    pub fn holds(&self, n_partitions: usize, n_open_sessions: usize) {
        let mut figures = self.lock();
        (figures.n_partitions, figures.n_open_sessions) = (n_partitions, n_open_sessions);
    }

    pub fn lags(&self, lags: &[Lag]) {
        let mut by_topic = BTreeMap::new();
        for lag in lags {
            *by_topic.entry(Topic::name(lag.topic)).or_insert(0) += lag.n_behind();
        }
        self.lock().lag = by_topic;
    }

    /// Serves `/health` and `/metrics` until the program ends.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub async fn serve(self, address: SocketAddr, shutdown: CancellationToken) -> Result<()> {
        let listener = tokio::net::TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
        tracing::info!(address = %listener.local_addr()?, "status");
        let (health, metrics) = (self.clone(), self);
        let router = Router::new()
            .route("/health", get(move || async move { Json(health.figures()) }))
            .route("/metrics", get(move || async move { metrics.figures().to_prometheus() }));
        axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await.context("status")
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Figures {
    /// In the text format of Prometheus. No session is a label: there may be thousands.
    pub fn to_prometheus(&self) -> String {
        let mut text = String::new();
        let mut write = |name: &str, kind: &str, help: &str, samples: &[(String, u64)]| {
            let _ = writeln!(text, "# HELP overcut_role_{name} {help}\n# TYPE overcut_role_{name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(text, "overcut_role_{name}{{role=\"{}\"{labels}}} {value}", self.role);
            }
        };
        let one = |value: u64| vec![(String::new(), value)];
        write("messages_total", "counter", "Messages read.", &one(self.n_messages));
        write("repeats_total", "counter", "Messages read again, and recognised.", &one(self.n_repeats));
        write("missing_total", "counter", "Messages that are missing for good.", &one(self.n_missing));
        write("dead_total", "counter", "Messages put aside.", &one(self.dead.values().sum()));
        write("out_total", "counter", "What came out.", &one(self.n_out));
        write("troubles_total", "counter", "Times that the bus or a store failed.", &one(self.n_troubles));
        write("partitions", "gauge", "Partitions that are ours.", &one(self.n_partitions as u64));
        write("open_sessions", "gauge", "Sessions that are not over.", &one(self.n_open_sessions as u64));
        let lag: Vec<_> = self.lag.iter().map(|(topic, n)| (format!(",topic=\"{topic}\""), *n)).collect();
        write("lag_messages", "gauge", "Messages between us and the end.", &lag);
        self.write_delays(&mut text, "taken_delay", "From publication to the fold.", &self.taken_delay);
        self.write_delays(&mut text, "stored_delay", "From publication to the store.", &self.stored_delay);
        text
    }

    fn write_delays(&self, text: &mut String, name: &str, help: &str, delays: &Delays) {
        if delays.n() == 0 {
            return;
        }
        let (name, role) = (format!("overcut_role_{name}_seconds"), &self.role);
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
        let seconds = |ms: u64| ms as f64 / 1000.0;
        for edge in EDGES_MS {
            let n = delays.n_within(edge);
            let _ = writeln!(text, "{name}_bucket{{role=\"{role}\",le=\"{}\"}} {n}", seconds(edge));
        }
        let _ = writeln!(text, "{name}_bucket{{role=\"{role}\",le=\"+Inf\"}} {}", delays.n());
        let _ = writeln!(text, "{name}_sum{{role=\"{role}\"}} {}", seconds(delays.sum_ms()));
        let _ = writeln!(text, "{name}_count{{role=\"{role}\"}} {}", delays.n());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_metrics() {
        let status = Status::of("engine");
        status.heard();
        status.buried("not a message of ours");
        status.buried("not a message of ours");
        status.lags(&[Lag { topic: Topic::Events, partition: 3, offset: 5, end: 12 }]);
        status.took(utc_now().as_millis() - 70_000);
        let text = status.figures().to_prometheus();
        for line in [
            "overcut_role_messages_total{role=\"engine\"} 1",
            "overcut_role_dead_total{role=\"engine\"} 2",
            "overcut_role_lag_messages{role=\"engine\",topic=\"events\"} 7",
            "overcut_role_taken_delay_seconds_bucket{role=\"engine\",le=\"10\"} 0",
            "overcut_role_taken_delay_seconds_count{role=\"engine\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
