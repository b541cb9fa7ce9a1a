//! What every bus must do, held to each of them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use overcut_bus::{Bus, Happening, InProcess, InProcessSettings, Message, Progress, Topic};

#[test]
fn a_group_is_given_what_was_published() {
    let bus = InProcess::new(InProcessSettings::default()).unwrap();
    let progress =
        Message::Progress(Progress { session: "a".into(), revision: 0, next_event: 7, next_insight: 1 });
    let mut publisher = bus.publisher().unwrap();
    publisher.send(&progress, bus.format()).unwrap();
    let mut consumer = bus.subscribe("g", &[Topic::Events, Topic::Insights]).unwrap();
    let first = consumer.poll(Duration::from_secs(1)).unwrap();
    assert_eq!(first, Some(Happening::Assigned((0..12).collect())));
    let Some(Happening::Delivered(delivery)) = consumer.poll(Duration::from_secs(1)).unwrap() else { panic!() };
    assert_eq!(delivery.message().unwrap(), progress);
}
