//! Tells one session on the bus: numbered, and gone on with after whatever was told before.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use overcut_bus::{
    Bus, Follower, Message, Number, Numbered, Publisher, Raw, SessionLog, SessionRecord, SessionState, Start, Topic,
    partition_of,
};
use overcut_domain::{Event, RawMessage, SessionInfo, Stamped};
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogue;
use super::drain::drain;
use super::patience::until_it_works;
use crate::clock::utc_now;

/// How long acknowledgements are waited for at a time.
const FLUSH: Duration = Duration::from_secs(10);

/// Tells one session. What was told already, by whoever, is not told again.
pub struct Teller {
    bus: Arc<dyn Bus>,
    publisher: Box<dyn Publisher>,
    shutdown: CancellationToken,
    record: SessionRecord,
    /// Raw messages and events given to it.
    n_raw: u64,
    n_events: u64,
    /// How many of them were told before it began.
    told_raw: u64,
    told_events: u64,
}

impl Teller {
    /// Begins to tell a session, or goes on. `None` if the program is to end before the bus is there.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn begin(
        bus: &Arc<dyn Bus>,
        session: &str,
        info: Option<&SessionInfo>,
        shutdown: &CancellationToken,
    ) -> Result<Option<Teller>> {
        let known = Catalogue::read(&**bus, shutdown)?.get(session);
        let record = match known {
            Some(record) => Some(record),
            None => {
                until_it_works("looking where the session will be", shutdown, || new_record(&**bus, session, info))?
            }
        };
        let Some(record) = record else { return Ok(None) };
        let told = until_it_works("looking what was told already", shutdown, || {
            Ok((n_told(&**bus, &record, Topic::Raw)?, n_told(&**bus, &record, Topic::Events)?))
        })?;
        let publisher = until_it_works("connecting", shutdown, || bus.publisher())?;
        let Some(((told_raw, told_events), publisher)) = told.zip(publisher) else { return Ok(None) };
        let (bus, shutdown) = (bus.clone(), shutdown.clone());
        let mut teller = Teller { bus, publisher, shutdown, record, n_raw: 0, n_events: 0, told_raw, told_events };
        if told_events == 0 {
            teller.publish_record()?;
        }
        Ok(Some(teller))
    }

    /// Begins to tell a session that nobody has told, with a publisher that may be shared. `None` if the program is to end
    /// before the bus is there.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn begin_new(
        bus: &Arc<dyn Bus>,
        publisher: Box<dyn Publisher>,
        session: &str,
        shutdown: &CancellationToken,
    ) -> Result<Option<Teller>> {
        let record =
            until_it_works("looking where the session will be", shutdown, || new_record(&**bus, session, None))?;
        let Some(record) = record else { return Ok(None) };
        let (bus, shutdown) = (bus.clone(), shutdown.clone());
        let (n_raw, n_events, told_raw, told_events) = (0, 0, 0, 0);
        let mut teller = Teller { bus, publisher, shutdown, record, n_raw, n_events, told_raw, told_events };
        teller.publish_record()?;
        Ok(Some(teller))
    }

    /// True if the session was told to its end before.
    pub fn is_complete(&self) -> bool {
        self.record.state == SessionState::Complete
    }

    /// How many raw messages were told before.
    pub fn n_told(&self) -> u64 {
        self.told_raw
    }

    /// How many raw messages and events of this account were given to it so far.
    pub fn told(&self) -> (u64, u64) {
        (self.n_raw, self.n_events)
    }

    /// Says that so many raw messages and events are not going to be given to it: they were told before.
    pub fn go_on_from(&mut self, (n_raw, n_events): (u64, u64)) {
        (self.n_raw, self.n_events) = (n_raw, n_events);
    }

    /// Takes note of what the session is, once it says so.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn set_info(&mut self, info: &SessionInfo) -> Result<()> {
        if self.record.info.as_ref() == Some(info) {
            return Ok(());
        }
        self.record.info = Some(info.clone());
        self.publish_record()
    }

    /// Tells the next raw message, unless it was told before.
    ///
    /// # Errors
    ///
    /// If the bus refuses it.
    pub fn raw(&mut self, raw: &RawMessage<'_>) -> Result<()> {
        let sequence = self.n_raw;
        self.n_raw += 1;
        if sequence < self.told_raw {
            return Ok(());
        }
        let value =
            Raw { time: raw.time, channel: raw.channel.to_owned(), payload: Bytes::copy_from_slice(raw.payload) };
        // What arrived is told once and for all: only what it means is told anew.
        let number = Number { session: self.record.session.clone(), revision: 0, sequence };
        self.send(&Message::Raw(Numbered { number, value }))
    }

    /// Tells the next event, unless it was told before.
    ///
    /// # Errors
    ///
    /// If the bus refuses it.
    pub fn event(&mut self, event: Stamped<Event>) -> Result<()> {
        let sequence = self.n_events;
        self.n_events += 1;
        if sequence < self.told_events {
            return Ok(());
        }
        let number = Number { session: self.record.session.clone(), revision: self.record.revision, sequence };
        self.send(&Message::Event(Numbered { number, value: event }))
    }

    /// Begins to tell the session anew: something came late that belongs earlier. Its events follow, from the first.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn anew(&mut self) -> Result<()> {
        self.flush()?;
        let found = until_it_works("looking where the session goes on", &self.shutdown, || {
            first_offsets(&*self.bus, &self.record.session)
        })?;
        for log in found.unwrap_or_default() {
            if log.topic != Topic::Raw {
                self.record.logs.retain(|known| known.topic != log.topic);
                self.record.logs.push(log);
            }
        }
        self.record.revision += 1;
        (self.n_events, self.told_events) = (0, 0);
        self.publish_record()
    }

    /// Waits until everything told is safe. Does not give up before the program ends.
    ///
    /// # Errors
    ///
    /// If the bus lost something for good.
    pub fn flush(&mut self) -> Result<()> {
        let publisher = &mut self.publisher;
        until_it_works("waiting for acknowledgements", &self.shutdown, || publisher.flush(FLUSH)).map(drop)
    }

    /// Says that nothing more will come.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn complete(&mut self) -> Result<()> {
        self.flush()?;
        self.record.state = SessionState::Complete;
        for log in &mut self.record.logs {
            log.n_messages = match log.topic {
                Topic::Raw => Some(self.n_raw.max(self.told_raw)),
                Topic::Events => Some(self.n_events.max(self.told_events)),
                Topic::Insights | Topic::Sessions | Topic::Dead => None,
            };
        }
        self.publish_record()
    }

    fn publish_record(&mut self) -> Result<()> {
        self.send(&Message::Session(Box::new(self.record.clone())))?;
        self.flush()
    }

    fn send(&mut self, message: &Message) -> Result<()> {
        let (publisher, format) = (&mut self.publisher, self.bus.format());
        until_it_works("publishing", &self.shutdown, || publisher.send(message, format)).map(drop)
    }
}

fn new_record(
    bus: &dyn Bus,
    session: &str,
    info: Option<&SessionInfo>,
) -> Result<SessionRecord, overcut_bus::BusError> {
    Ok(SessionRecord {
        session: session.to_owned(),
        revision: 0,
        info: info.cloned(),
        state: SessionState::Running,
        begun_at: utc_now(),
        logs: first_offsets(bus, session)?,
    })
}

/// Where what is told from now on will be.
fn first_offsets(bus: &dyn Bus, session: &str) -> Result<Vec<SessionLog>, overcut_bus::BusError> {
    let partition = partition_of(session, bus.partitions());
    let topics = Topic::ALL.into_iter().filter(|topic| topic.is_partitioned());
    topics
        .map(|topic| Ok(SessionLog { topic, first_offset: bus.ends(topic, partition)?.end, n_messages: None }))
        .collect()
}

/// How many messages of a session's newest revision are on a topic.
fn n_told(bus: &dyn Bus, record: &SessionRecord, topic: Topic) -> Result<u64, overcut_bus::BusError> {
    let Some(log) = record.log(topic) else { return Ok(0) };
    let revision = if topic == Topic::Raw { 0 } else { record.revision };
    let partition = partition_of(&record.session, bus.partitions());
    let mut follower = Follower::from(revision, 0);
    drain(bus, topic, partition, Start::Offset(log.first_offset), |delivery| {
        if delivery.key == record.session
            && let Ok(message) = delivery.message()
            && let Some(number) = message.number()
        {
            follower.take(number);
        }
    })?;
    Ok(follower.expected().1)
}
