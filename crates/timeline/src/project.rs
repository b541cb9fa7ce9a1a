//! From the fold's state to what clients may see.

use std::sync::Arc;

use overcut_session::{Part, Session};

use crate::Item;

impl Item {
    /// The part of the session's state as clients see it; `None` if the session has no such part.
    pub fn of(session: &Session, part: Part) -> Option<Item> {
        Some(match part {
            Part::Session => Item::Session(Arc::new(session.state().clone())),
            Part::Track => Item::Track(Arc::new(session.track().clone())),
            Part::Weather => Item::Weather(Arc::new(*session.weather()?)),
            Part::Driver(driver) => Item::Driver(Arc::new(session.driver(driver)?.clone())),
            Part::Car(driver) => Item::Car(Arc::new(session.car(driver)?.clone())),
            Part::Lap(driver, number) => Item::Lap(Arc::new(session.lap(driver, number)?.clone())),
            Part::Stint(driver, number) => Item::Stint(Arc::new(session.stint(driver, number)?.clone())),
            Part::PitStop(driver, number) => Item::PitStop(Arc::new(session.pit_stop(driver, number)?.clone())),
            Part::RaceControl(index) => {
                // A recording that begins in mid-session lacks the first messages: the index is not the place in the list.
                let message = session.race_control().iter().rev().find(|message| message.index == index)?;
                Item::RaceControl(Arc::new(message.clone()))
            }
            Part::Radio(index) => Item::Radio(index, Arc::new(session.radio().get(usize::from(index))?.clone())),
            Part::Gone(driver) => Item::Gone(driver),
            Part::Feed(feed) => Item::Feed(Arc::new(session.feeds().get(&feed)?.clone())),
            Part::Gap(index) => Item::Gap(Arc::new(session.gaps().get(&index)?.clone())),
            Part::Forecast => Item::Forecast(Arc::new(session.forecast()?.clone())),
        })
    }
}
