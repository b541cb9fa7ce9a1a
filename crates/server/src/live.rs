//! What is live, and whether it is as it should be: what the application reports, held against the session it feeds.
//!
//! The server has no sources and no recorder of its own. Whoever runs them gives [`crate::Library::watch_live`] a
//! closure that says how they are; it is called once per request and must not block.

use std::fmt;
use std::sync::Arc;

use overcut_domain::{Feed, FeedGap, FeedState, Liveness, SessionTime};
use overcut_timeline::{Item, Timeline};

use crate::convert;
use crate::library::Library;
use crate::wire::{FeedHealth, LiveHealth, RecorderHealth, SourceHealth};

/// How live sources and recorder are at one moment. Never holds a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveReport {
    /// The session that is live now, or was last; `None` before the first.
    pub session_id: Option<String>,
    /// The sources, best first.
    pub sources: Vec<SourceHealth>,
    /// The recorder; `None` if nothing is recorded.
    pub recorder: Option<RecorderHealth>,
}

/// The application's closure.
#[derive(Clone)]
pub(crate) struct Reporter(pub Arc<dyn Fn() -> LiveReport + Send + Sync>);

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}

/// How the live session is; `None` if the program runs none.
pub(crate) async fn live_health(library: &Library) -> Option<LiveHealth> {
    let report = library.live_report()?;
    let session = match &report.session_id {
        Some(id) => library.open_session(id).await.ok(),
        None => None,
    };
    let origins = session.map_or_else(Origins::default, |session| {
        let timeline = session.read();
        Origins::of(&timeline, session.limits(&timeline).head)
    });
    let reasons = reasons(&report, &origins);
    Some(LiveHealth {
        status: status_word(&reasons).to_owned(),
        reasons,
        session_id: report.session_id,
        sources: report.sources,
        recorder: report.recorder,
        feeds: origins.feeds.iter().map(|(state, known_at)| feed_health(state, *known_at, origins.now)).collect(),
    })
}

/// The word for a list of reasons to be worried.
pub(crate) fn status_word(reasons: &[String]) -> &'static str {
    if reasons.is_empty() { "ok" } else { "degraded" }
}

/// Feeds and gaps at the head of a session.
#[derive(Debug, Default)]
struct Origins {
    feeds: Vec<(FeedState, SessionTime)>,
    gaps: Vec<FeedGap>,
    now: SessionTime,
    /// Nothing more is expected of a session that is over.
    is_over: bool,
}

impl Origins {
    fn of(timeline: &Timeline, head: SessionTime) -> Origins {
        let mut origins = Origins { now: head, is_over: timeline.is_complete(), ..Origins::default() };
        for entry in timeline.snapshot_at(head) {
            match &entry.item {
                Item::Feed(state) => origins.feeds.push((FeedState::clone(state), entry.time)),
                Item::Gap(gap) => origins.gaps.push(FeedGap::clone(gap)),
                _ => {}
            }
        }
        origins
    }
}

fn feed_health(state: &FeedState, known_at: SessionTime, now: SessionTime) -> FeedHealth {
    let age_ms = state.last.map(|last| now.as_millis().saturating_sub(last.as_millis()).max(0));
    FeedHealth { state: convert::feed_state(state, known_at), age_ms }
}

/// Everything that is not as it should be, worst first. What is missing by choice, such as car data without an account,
/// is no reason: the feed's state says so.
fn reasons(report: &LiveReport, origins: &Origins) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(recorder) = &report.recorder {
        recorder_reasons(recorder, &mut reasons);
    }
    source_reasons(&report.sources, &mut reasons);
    if !origins.is_over {
        feed_reasons(origins, &mut reasons);
    }
    credential_reasons(&report.sources, &mut reasons);
    reasons
}

fn recorder_reasons(recorder: &RecorderHealth, reasons: &mut Vec<String>) {
    if recorder.state == "stopped" {
        reasons.push(with_reason("recording stopped", &recorder.reason));
    } else if !recorder.reason.is_empty() {
        reasons.push(with_reason("recording is held up", &recorder.reason));
    }
    if recorder.n_lost_messages > 0 {
        reasons.push(format!("{} messages could not be recorded", recorder.n_lost_messages));
    }
}

/// One source that fails is what the ladder is for; none left is not.
fn source_reasons(sources: &[SourceHealth], reasons: &mut Vec<String>) {
    let tells_of_the_session = |source: &&SourceHealth| source.source != "open_meteo" && source.phase != "off";
    let mut used = sources.iter().filter(tells_of_the_session).peekable();
    let first = used.peek().copied();
    if let Some(first) = first
        && used.all(|source| source.phase == "waiting")
    {
        reasons.push(with_reason(&format!("no source is connected; {}", first.source), &first.detail));
    }
}

fn feed_reasons(origins: &Origins, reasons: &mut Vec<String>) {
    for (state, _) in &origins.feeds {
        let is_vital = matches!(state.feed, Feed::Session | Feed::Timing);
        if is_vital && state.liveness != Liveness::Live {
            let what = format!("{} is {}", state.feed.name(), state.liveness.name());
            reasons.push(with_reason(&what, &state.reason));
        }
    }
    for gap in origins.gaps.iter().filter(|gap| gap.to.is_none()) {
        let feeds: Vec<_> = gap.feeds.iter().map(|feed| feed.name()).collect();
        reasons.push(with_reason(&format!("gap since {} in {}", gap.from, feeds.join(", ")), &gap.reason));
    }
}

fn credential_reasons(sources: &[SourceHealth], reasons: &mut Vec<String>) {
    for source in sources {
        match source.credential.as_ref().map(|credential| &*credential.state) {
            Some("expired") => reasons.push(format!("{}: the token has expired", source.source)),
            Some("rejected") => reasons.push(format!("{}: the token or password was rejected", source.source)),
            _ => {}
        }
    }
}

fn with_reason(what: &str, reason: &str) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}: {reason}") }
}
