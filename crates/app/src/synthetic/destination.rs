//! Where the messages of a synthetic session go: nowhere, into an archive folder, onto a bus.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use overcut_bus::Bus;
use overcut_sources::{ArchiveWriter, Decoder, Format, Message};
use tokio_util::sync::CancellationToken;

use crate::roles::{Outlet, Teller, tell_events};

/// Takes the messages of one session as they fall due.
pub trait Destination: Send {
    /// The next message.
    ///
    /// # Errors
    ///
    /// If it cannot be kept.
    fn take(&mut self, message: &Message) -> Result<()>;

    /// Everything that is due was given.
    ///
    /// # Errors
    ///
    /// If it cannot be kept.
    fn pass(&mut self) -> Result<()>;

    /// Nothing more comes.
    ///
    /// # Errors
    ///
    /// If the end cannot be kept.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Messages that nobody wants.
pub struct Nowhere;

impl Destination for Nowhere {
    fn take(&mut self, _: &Message) -> Result<()> {
        Ok(())
    }

    fn pass(&mut self) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// An archive folder.
pub struct IntoFolder(ArchiveWriter);

impl IntoFolder {
    /// A new one.
    ///
    /// # Errors
    ///
    /// If it is there already or cannot be made.
    pub fn create(folder: &Path) -> Result<IntoFolder> {
        Ok(IntoFolder(ArchiveWriter::create(folder)?))
    }
}

impl Destination for IntoFolder {
    fn take(&mut self, message: &Message) -> Result<()> {
        Ok(self.0.append(message)?)
    }

    fn pass(&mut self) -> Result<()> {
        Ok(self.0.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.write_key_frames()?;
        Ok(self.0.finish()?)
    }
}

/// A bus, on which the session is told as an ingest tells it: raw messages and the events that they decode to.
pub struct OntoBus {
    teller: Teller,
    decoder: Decoder,
    events: Vec<overcut_domain::Stamped<overcut_domain::Event>>,
}

impl OntoBus {
    /// A session that nobody has told.
    ///
    /// # Errors
    ///
    /// If the bus refuses, or the program ends before it answers.
    pub fn begin(bus: &Arc<dyn Bus>, outlet: &Outlet, session: &str, shutdown: &CancellationToken) -> Result<OntoBus> {
        let teller = Teller::begin_new(bus, Box::new(outlet.clone()), session, shutdown)?;
        let teller = teller.context("stopped before every session had begun")?;
        Ok(OntoBus { teller, decoder: Decoder::new(Format::Archive), events: Vec::new() })
    }
}

impl Destination for OntoBus {
    fn take(&mut self, message: &Message) -> Result<()> {
        self.teller.raw(&message.raw())?;
        self.decoder.decode(message.raw(), &mut self.events);
        tell_events(&mut self.teller, &mut self.events)
    }

    fn pass(&mut self) -> Result<()> {
        Ok(())
    }

    /// Says that the session is over, also when it was stopped: nobody else goes on with it.
    fn finish(mut self: Box<Self>) -> Result<()> {
        self.decoder.finish(&mut self.events);
        tell_events(&mut self.teller, &mut self.events)?;
        self.teller.complete()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use overcut_bus::{InProcess, InProcessSettings, Message as Told, SessionState, Start, Topic, partition_of};

    use super::*;
    use crate::roles::Catalogue;
    use crate::synthetic::Synthetic;

    #[test]
    fn a_session_on_a_bus_is_told_whole_and_numbered() {
        let bus: Arc<dyn Bus> = Arc::new(InProcess::new(InProcessSettings::default()).unwrap());
        let (outlet, shutdown) = (Outlet::new(bus.publisher().unwrap()), CancellationToken::new());
        let synthetic = Synthetic { n_laps: Some(2), ..Synthetic::default() };
        let mut transmission = synthetic.transmission(true).unwrap();
        let mut told = Box::new(OntoBus::begin(&bus, &outlet, "race", &shutdown).unwrap());
        let (mut waiting, mut goes_on, mut n_raw) = (Vec::new(), true, 0);
        while goes_on {
            goes_on = transmission.next_messages(&mut waiting);
            for message in waiting.drain(..) {
                told.take(&message).unwrap();
                n_raw += 1;
            }
            told.pass().unwrap();
        }
        told.finish().unwrap();
        let record = Catalogue::read(&*bus, &shutdown).unwrap().get("race").unwrap();
        assert_eq!(record.state, SessionState::Complete);
        assert!(record.info.is_some_and(|info| info.meeting_name.contains("synthetic")));
        for log in record.logs.iter().filter(|log| log.topic != Topic::Insights) {
            let partition = partition_of("race", bus.partitions());
            let mut reader = bus.read(log.topic, partition, Start::Offset(log.first_offset)).unwrap();
            let mut n: u64 = 0;
            while let Some(delivery) = reader.poll(Duration::ZERO).unwrap() {
                let message: Told = delivery.message().unwrap();
                assert_eq!(message.number().map(|number| number.sequence), Some(n));
                n += 1;
            }
            assert_eq!(log.n_messages, Some(n), "{}", log.topic);
            assert!(log.topic != Topic::Raw || n == n_raw);
            assert_eq!(outlet.out()[&log.topic].n_messages, n);
        }
    }
}
