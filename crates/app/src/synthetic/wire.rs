//! A synthetic session on the wire: events into messages of a live feed, and those back into events.

use overcut_domain::{Event, Stamped};
use overcut_sources::{Decoder, Encoder, EncoderConfig, Format, Message, Quirks};

/// The messages of a session, in order of arrival.
pub struct Transmission<I> {
    /// The session itself.
    pub events: I,
    encoder: Encoder,
}

impl<I: Iterator<Item = Stamped<Event>>> Transmission<I> {
    /// Nothing has been sent yet.
    pub fn new(events: I, config: EncoderConfig) -> Transmission<I> {
        Transmission { events, encoder: Encoder::new(config) }
    }

    /// Appends the next messages; false once there are no more.
    pub fn next_messages(&mut self, out: &mut Vec<Message>) -> bool {
        match self.events.next() {
            Some(event) => {
                self.encoder.encode(&event, out);
                true
            }
            None => {
                self.encoder.finish(out);
                false
            }
        }
    }
}

/// How a session is written: as the publisher does, with the feed's habits or without.
pub fn encoding(seed: u64, has_quirks: bool) -> EncoderConfig {
    let quirks = if has_quirks { Quirks::realistic() } else { Quirks::default() };
    EncoderConfig { has_redundant_topics: true, quirks, seed, ..EncoderConfig::default() }
}

/// Makes events of messages again, as every reader of a real feed must.
pub struct Reception {
    decoder: Decoder,
    waiting: Vec<Message>,
}

impl Default for Reception {
    fn default() -> Reception {
        Reception { decoder: Decoder::new(Format::Archive), waiting: Vec::new() }
    }
}

impl Reception {
    /// Appends the next events of a transmission; false once there are no more.
    pub fn next_events<I: Iterator<Item = Stamped<Event>>>(
        &mut self,
        transmission: &mut Transmission<I>,
        out: &mut Vec<Stamped<Event>>,
    ) -> bool {
        self.waiting.clear();
        let goes_on = transmission.next_messages(&mut self.waiting);
        for message in &self.waiting {
            self.decoder.decode(message.raw(), out);
        }
        if !goes_on {
            self.decoder.finish(out);
        }
        goes_on
    }
}
