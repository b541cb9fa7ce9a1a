//! The sink into Redis: the board of each session that is told, as it is now.
//!
//! It is a cache for others to look at. Whoever takes over folds the session from its start, puts the board as it is then in
//! the place of what is there, and tells what changes from there on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use overcut_bus::{Delivery as Delivered, Message, Number, Subscription, Topic};
use overcut_domain::{Event, Stamped};
use overcut_server::board_line;
use overcut_session::{Part, Session};
use overcut_warehouse::{Delivery, LatestRows, LatestState, SessionId};

use super::follow::{Partition, Work};
use super::status::Status;
use crate::pipeline::{Pipeline, PipelineConfig};

/// More events than this between two looks are not of now: a session is being caught up with, and nobody wants to see
/// its start again.
const CATCHING_UP: usize = 2_000;

/// Shows boards.
pub struct Latest {
    redis: LatestState,
    /// After how long without news a board is sent again, so that it does not expire.
    again_after: Duration,
    config: PipelineConfig,
    status: Status,
    /// True while Redis does not take what it is sent.
    is_away: bool,
}

/// A session on its way into Redis.
pub struct Showing {
    id: SessionId,
    pipeline: Pipeline,
    changed: BTreeSet<Part>,
    n_new: usize,
    /// When Redis took the last of it. `None` if it has to be sent as a whole.
    sent_at: Option<Instant>,
}

impl Latest {
    /// Of boards that Redis keeps for so long.
    pub fn new(redis: LatestState, keep: Duration, config: PipelineConfig, status: Status) -> Latest {
        // Nobody looks for anomalies here.
        let config = PipelineConfig { is_told_alerts: true, ..config };
        Latest { redis, again_after: keep / 2, config, status, is_away: false }
    }

    /// Sends what is new. False if Redis is away.
    fn send(&mut self, showing: &mut Showing) -> bool {
        let is_known = showing.sent_at.is_some_and(|at| at.elapsed() < self.again_after);
        let session = &showing.pipeline.session;
        let rows = lines(session, if is_known { std::mem::take(&mut showing.changed) } else { every_line(session) });
        if is_known && rows.is_empty() {
            return true;
        }
        let delivery = match is_known {
            true => self.redis.update(&showing.id, &rows),
            false => self.redis.replace(&showing.id, &rows),
        };
        showing.changed.clear();
        showing.sent_at = (delivery == Delivery::Sent).then(Instant::now);
        match delivery {
            Delivery::Sent => {
                self.status.came_out(rows.len() as u64);
                if std::mem::take(&mut self.is_away) {
                    tracing::info!("Redis takes boards again");
                }
            }
            Delivery::Lost(why) => {
                if !std::mem::replace(&mut self.is_away, true) {
                    tracing::warn!(why, "Redis does not take boards; trying again");
                }
                self.status.trouble(&anyhow::anyhow!("Redis does not take boards: {why}"));
            }
            Delivery::Resting => {}
        }
        showing.sent_at.is_some()
    }
}

fn lines(session: &Session, parts: BTreeSet<Part>) -> LatestRows {
    parts.iter().filter_map(|part| board_line(session, part)).collect()
}

fn every_line(session: &Session) -> BTreeSet<Part> {
    let cars = session.cars().keys().map(|driver| Part::Car(*driver));
    [Part::Session, Part::Track].into_iter().chain(session.weather().map(|_| Part::Weather)).chain(cars).collect()
}

impl Work for Latest {
    type Folding = Showing;

    const BESIDES: &'static [Topic] = &[];

    fn gain(&mut self, _: u32, _: &mut dyn Subscription) -> Result<()> {
        Ok(())
    }

    fn lose(&mut self, _: &mut Partition<Showing>) -> Result<()> {
        Ok(())
    }

    fn begin(&mut self, _: u32, number: &Number) -> Result<Showing> {
        Ok(Showing {
            id: number.session.parse()?,
            pipeline: self.config.clone().build().without_telemetry(),
            changed: BTreeSet::new(),
            n_new: 0,
            sent_at: None,
        })
    }

    fn take(&mut self, showing: &mut Showing, _: u64, event: &Stamped<Event>, _: i64) -> Result<()> {
        let step = showing.pipeline.apply(event);
        showing.changed.extend(step.changed);
        showing.n_new += 1;
        Ok(())
    }

    fn hear(&mut self, _: &mut Partition<Showing>, _: &Delivered, _: Message) -> Result<()> {
        Ok(())
    }

    /// The last board stays until it expires. While Redis is away it waits here.
    fn finish(&mut self, showing: &mut Showing) -> Result<bool> {
        Ok(self.send(showing))
    }

    fn pass(&mut self, partition: &mut Partition<Showing>) -> Result<()> {
        for open in partition.open.values_mut() {
            if std::mem::take(&mut open.folding.n_new) <= CATCHING_UP {
                self.send(&mut open.folding);
            }
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn begin_again(&self, _: &Partition<Showing>) -> Vec<(Topic, u64)> {
        Vec::new()
    }
}
