//! A synthetic session written in live timing's wire format and read again is the same session.

use overcut_domain::{Event, SessionKind, Stamped};
use overcut_session::Session;
use overcut_sim::grand_prix::{SessionConfig, SyntheticSession};
use overcut_sources::{Decoder, Encoder, EncoderConfig, Format};

/// The events of a session, and what a decoder makes of the bytes that an encoder makes of them.
fn through_the_wire(config: SessionConfig) -> (Vec<Stamped<Event>>, Vec<Stamped<Event>>) {
    let sent: Vec<_> = SyntheticSession::new(config).expect("our own session is valid").collect();
    let mut encoder = Encoder::new(EncoderConfig::default());
    let mut messages = Vec::new();
    sent.iter().for_each(|event| encoder.encode(event, &mut messages));
    encoder.finish(&mut messages);
    let (mut decoder, mut received) = (Decoder::new(Format::Archive), Vec::new());
    messages.iter().for_each(|message| decoder.decode(message.raw(), &mut received));
    decoder.finish(&mut received);
    (sent, received)
}

/// Without the session clock's zero, which travels in the samples.
fn told(events: Vec<Stamped<Event>>) -> impl Iterator<Item = Stamped<Event>> {
    events.into_iter().filter(|event| !matches!(event.value, Event::UtcOfZero(_)))
}

fn check(config: SessionConfig) {
    let (sent, received) = through_the_wire(config);
    let mut sessions = [Session::new(), Session::new()];
    for (session, events) in sessions.iter_mut().zip([&sent, &received]) {
        let mut changed = Vec::new();
        events.iter().for_each(|event| session.apply(event, &mut changed));
    }
    let [direct, wired] = sessions;
    assert_eq!(direct.laps().collect::<Vec<_>>(), wired.laps().collect::<Vec<_>>());
    assert_eq!(direct.stints().collect::<Vec<_>>(), wired.stints().collect::<Vec<_>>());
    assert_eq!(direct.pit_stops().collect::<Vec<_>>(), wired.pit_stops().collect::<Vec<_>>());
    assert_eq!(direct.cars(), wired.cars());
    assert_eq!(direct.race_control(), wired.race_control());
    assert_eq!(direct.state(), wired.state());
    let mut received = told(received);
    for (number, sent) in told(sent).enumerate() {
        assert_eq!(Some(sent), received.next(), "event {number}");
    }
    assert_eq!(received.next(), None);
}

#[test]
fn a_race_passes_the_wire_unchanged() {
    check(SessionConfig { n_laps: 12, ..SessionConfig::race(1) });
    check(SessionConfig { n_laps: 5, season: 2024, ..SessionConfig::race(2) });
}

#[test]
fn qualifying_and_practice_pass_the_wire_unchanged() {
    check(SessionConfig::race(1).session(SessionKind::Qualifying));
    check(SessionConfig::race(2).session(SessionKind::Practice));
}
