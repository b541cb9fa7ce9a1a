//! OpenF1, hosted or one's own: rows as its broker pushes them, and as its REST API answers.
//!
//! With an account the broker is listened to, and the past is asked for once by whoever joins late. While the broker
//! cannot be reached, and where there is none, the endpoints are asked in turn, as often as the limits of the service
//! allow, for those feeds only that nobody better gives. What comes goes to the inbox as it is; what of it is new, the
//! pure translator finds out ([`overcut_sources::openf1`]). What is over can be fetched whole ([`History`]).

mod account;
mod config;
mod download;
mod mqtt;
mod poll;
mod presence;
mod rest;
mod season;
mod slice;
mod stream;

use std::collections::BTreeSet;
use std::sync::Arc;

use overcut_domain::{Feed, SessionInfo};
use overcut_sources::openf1::Endpoint;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use account::Account;
pub use config::{Config, Use};
pub use download::History;

use crate::{Inbox, StatusHandle};
use presence::Presence;
use rest::{Pace, Rest};

/// What both ways of getting rows share.
struct Context {
    config: Config,
    rest: Rest,
    presence: Presence,
    status: StatusHandle,
}

/// Hands over rows until it is told to stop.
pub async fn run(
    config: Config,
    account: Option<Account>,
    inbox: Inbox,
    status: StatusHandle,
    session: watch::Receiver<Option<Arc<SessionInfo>>>,
    demand: watch::Receiver<BTreeSet<Feed>>,
    shutdown: CancellationToken,
) {
    if let Some(why) = config.why_off(account.is_some()) {
        status.off(why);
        return;
    }
    let rest = match Rest::new(&config, account, Pace::Prompt, status.clone()) {
        Ok(rest) => rest,
        Err(error) => {
            status.off(error.to_string());
            return;
        }
    };
    let has_broker = !config.brokers.is_empty() && (rest.tokens.has_account() || !uses_hosted_brokers(&config));
    let presence = Presence::new(inbox, status.clone());
    let context = Context { config, rest, presence, status };
    context.status.connecting("");
    let work = async {
        let asking = poll::ask(&context, session, demand.clone());
        let listening = async {
            match has_broker {
                true => stream::listen(&context, demand.clone()).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = asking => ended,
            ended = listening => ended,
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {
            // If nobody listens any more the note is not missed.
            let _ = context.presence.closed("told to stop").await;
        }
        // Nobody listens any more.
        _ = work => {}
    }
}

/// True if the brokers are those of the hosted service, which know accounts only.
fn uses_hosted_brokers(config: &Config) -> bool {
    config.brokers == Config::default().brokers
}

/// The endpoints that tell of feeds.
fn wanted(feeds: &BTreeSet<Feed>) -> impl Iterator<Item = Endpoint> + '_ {
    Endpoint::ALL.into_iter().filter(|endpoint| endpoint.feeds().iter().any(|feed| feeds.contains(feed)))
}
