//! Rows as the broker pushes them.

use std::collections::BTreeSet;
use std::time::Duration;

use overcut_domain::Feed;
use overcut_sources::openf1::Endpoint;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Context;
use super::account::Token;
use super::config::ms;
use super::mqtt::{Connection, Heard, Lost, Settings};
use super::wanted;
use crate::{Backoff, Closed};

/// What stands before an endpoint's name in a topic.
const PREFIX: &str = "v1/";

/// Nobody reads the name, but there must be one.
const USER: &str = "overcut";

/// A broker that was silent is given so many times the time before it is given up again, at most.
const MAX_PATIENCE: u32 = 16;

/// Listens until nobody wants it any more.
pub(super) async fn listen(context: &Context, mut demand: watch::Receiver<BTreeSet<Feed>>) -> Result<(), Closed> {
    let brokers = &context.config.brokers;
    let mut backoff = Backoff::new(ms(context.config.first_pause_ms), ms(context.config.longest_pause_ms));
    let (mut broker_idx, mut patience) = (0, 1);
    loop {
        if demand.wait_for(|feeds| !feeds.is_empty()).await.is_err() {
            std::future::pending::<()>().await;
        }
        let Some(url) = brokers.get(broker_idx % brokers.len().max(1)) else { return Ok(()) };
        let (why, pause) = match context.rest.token().await {
            Err(no) => (no.why, Some(no.pause)),
            Ok(token) => match open(context, url, token.as_ref(), &demand).await {
                Ok(connection) => {
                    context.presence.opened(&format!("listening to {}", host_of(url)), true).await?;
                    let lost = Listener { context, url, patience, n_rows: 0 }.run(connection, token, &mut demand).await;
                    let (lost, n_rows) = lost?;
                    context.presence.stream_ended(&lost.why).await?;
                    if n_rows > 0 {
                        backoff.succeeded();
                    }
                    patience = if n_rows > 0 { 1 } else { (patience * 2).min(MAX_PATIENCE) };
                    (lost.why, None)
                }
                Err(lost) => {
                    if let (true, Some(token)) = (lost.is_refused, &token) {
                        context.rest.tokens.refused(token).await;
                    }
                    broker_idx += 1;
                    (lost.why, None)
                }
            },
        };
        let drawn = backoff.pause();
        let pause = pause.unwrap_or(drawn).max(drawn.min(ms(context.config.first_pause_ms)));
        tracing::warn!("openf1: {why}; rows are polled until the broker is tried again");
        tokio::time::sleep(pause).await;
    }
}

async fn open(
    context: &Context,
    url: &str,
    token: Option<&Token>,
    demand: &watch::Receiver<BTreeSet<Feed>>,
) -> Result<Connection, Lost> {
    let config = &context.config;
    let settings = Settings {
        certificates: config.certificates.clone(),
        connect_timeout: ms(config.connect_timeout_ms),
        answer_timeout: ms(config.answer_timeout_ms),
        keep_alive: ms(config.ping_ms),
        max_message: config.max_message_bytes,
    };
    let login = token.map(|token| (USER, token.secret.reveal()));
    let topics = topics(&demand.borrow());
    Connection::open(url, login, topics, &settings).await
}

fn topics(feeds: &BTreeSet<Feed>) -> BTreeSet<String> {
    wanted(feeds).map(|endpoint| format!("{PREFIX}{}", endpoint.name())).collect()
}

/// Scheme and host, which is what people want to read.
fn host_of(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

struct Listener<'a> {
    context: &'a Context,
    url: &'a str,
    patience: u32,
    n_rows: u64,
}

impl Listener<'_> {
    /// Hands over what comes until the connection is lost. A new one takes over before the token ends.
    async fn run(
        mut self,
        mut connection: Connection,
        mut token: Option<Token>,
        demand: &mut watch::Receiver<BTreeSet<Feed>>,
    ) -> Result<(Lost, u64), Closed> {
        let config = &self.context.config;
        let silence = ms(config.silence_ms) * self.patience;
        let (mut heard_at, mut row_at) = (Instant::now(), Instant::now());
        let mut ping_at = Instant::now() + ms(config.ping_ms);
        let mut renew_at = renewal(token.as_ref(), config.renew_before_ms);
        loop {
            let dead_at = (row_at + silence).min(heard_at + ms(config.ping_ms) + ms(config.answer_timeout_ms));
            let lost = tokio::select! {
                heard = connection.next() => match heard {
                    Ok(Heard::Message { topic, payload }) => {
                        (heard_at, row_at) = (Instant::now(), Instant::now());
                        self.hand_over(&topic, payload).await?;
                        None
                    }
                    Ok(Heard::Alive) => {
                        heard_at = Instant::now();
                        None
                    }
                    Err(lost) => Some(lost),
                },
                () = sleep_until(dead_at) => Some(silent(row_at, silence)),
                () = sleep_until(ping_at) => {
                    ping_at = Instant::now() + ms(config.ping_ms);
                    connection.ping().await.err()
                }
                () = sleep_until(renew_at) => {
                    if let Some((new, new_token)) = self.renew(token.as_ref(), demand).await {
                        let old = std::mem::replace(&mut connection, new);
                        self.drain(old).await?;
                        token = Some(new_token);
                        (heard_at, row_at) = (Instant::now(), Instant::now());
                        renew_at = renewal(token.as_ref(), config.renew_before_ms);
                    } else {
                        renew_at = Instant::now() + ms(config.first_pause_ms).max(Duration::from_millis(1));
                    }
                    None
                }
                changed = demand.changed() => {
                    if changed.is_err() {
                        std::future::pending::<()>().await;
                    }
                    let feeds = demand.borrow_and_update().clone();
                    if feeds.is_empty() {
                        connection.close().await;
                        return Ok((Lost::new("a better source gives everything"), self.n_rows));
                    }
                    connection.want(topics(&feeds)).await.err()
                }
            };
            if let Some(lost) = lost {
                return Ok((lost, self.n_rows));
            }
        }
    }

    async fn hand_over(&mut self, topic: &str, payload: bytes::Bytes) -> Result<(), Closed> {
        let name = topic.strip_prefix(PREFIX).unwrap_or(topic);
        let Some(endpoint) = Endpoint::from_name(name) else { return Ok(()) };
        self.n_rows += 1;
        self.context.presence.hand_over(endpoint.name(), payload).await
    }

    /// A connection with a new token; `None` if there is none yet.
    async fn renew(
        &self,
        old: Option<&Token>,
        demand: &watch::Receiver<BTreeSet<Feed>>,
    ) -> Option<(Connection, Token)> {
        let token = self.context.rest.token().await.ok().flatten()?;
        if old.is_some_and(|old| old.secret == token.secret) {
            return None;
        }
        match open(self.context, self.url, Some(&token), demand).await {
            Ok(connection) => Some((connection, token)),
            Err(lost) => {
                tracing::warn!("openf1: no new connection yet: {lost}");
                None
            }
        }
    }

    /// What the old connection still holds, before it is closed: rows that come twice are told once.
    async fn drain(&mut self, mut old: Connection) -> Result<(), Closed> {
        let until = Instant::now() + DRAIN;
        while let Ok(Ok(heard)) = tokio::time::timeout_at(until, old.next()).await {
            if let Heard::Message { topic, payload } = heard {
                self.hand_over(&topic, payload).await?;
            }
        }
        old.close().await;
        Ok(())
    }
}

/// How long an old connection is heard after a new one took over.
const DRAIN: Duration = Duration::from_millis(200);

/// When a token, and the connection with it, is renewed; far off if there is none.
fn renewal(token: Option<&Token>, before_ms: u64) -> Instant {
    let now = Instant::now();
    let Some(token) = token else { return now + Duration::from_secs(365 * 24 * 3600) };
    let left = token.ends_at.saturating_duration_since(now);
    // A short life is renewed in its middle.
    now + left.saturating_sub(ms(before_ms)).max(left / 2).max(Duration::from_millis(10))
}

fn silent(row_at: Instant, silence: Duration) -> Lost {
    if row_at.elapsed() >= silence {
        Lost::new(format!("the broker sent no row for {:.0} s", silence.as_secs_f64()))
    } else {
        Lost::new("the broker does not answer any more")
    }
}
