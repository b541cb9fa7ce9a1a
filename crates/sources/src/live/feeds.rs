//! Which feed a topic belongs to: the only place that says so.

use overcut_domain::Feed;

use crate::topic::Topic;

/// The feed of a topic, by the topic's name; `None` for a topic that is not known.
pub fn feed_of(topic: &str) -> Option<Feed> {
    Topic::from_name(topic).map(feed)
}

/// The names of a feed's topics that say something, the most telling first: what to ask a source for that gives them
/// one by one.
pub fn topics_of(feed: Feed) -> impl Iterator<Item = &'static str> {
    let main = main_topic(feed);
    let others = Topic::ALL.into_iter().filter(move |topic| self::feed(*topic) == feed && *topic != main);
    std::iter::once(main).chain(others).filter(|topic| !topic.is_ignored()).map(Topic::name)
}

/// The feed of a topic.
pub(crate) const fn feed(topic: Topic) -> Feed {
    match topic {
        Topic::SessionInfo
        | Topic::SessionStatus
        | Topic::SessionData
        | Topic::ExtrapolatedClock
        | Topic::Heartbeat
        | Topic::LapCount
        | Topic::TrackStatus
        | Topic::DriverList
        | Topic::ArchiveStatus => Feed::Session,
        Topic::TimingData | Topic::TimingDataF1 | Topic::TimingStats | Topic::TopThree => Feed::Timing,
        Topic::TimingAppData | Topic::TyreStintSeries | Topic::CurrentTyres => Feed::Tyres,
        Topic::RaceControlMessages | Topic::RcmSeries | Topic::TlaRcm => Feed::RaceControl,
        Topic::WeatherData | Topic::WeatherDataSeries => Feed::Weather,
        Topic::CarData => Feed::Cars,
        Topic::Position => Feed::Positions,
        Topic::PitLaneTimeCollection | Topic::PitStop | Topic::PitStopSeries => Feed::PitStops,
        Topic::AudioStreams
        | Topic::ChampionshipPrediction
        | Topic::ContentStreams
        | Topic::DriverRaceInfo
        | Topic::DriverScore
        | Topic::DriverTracker
        | Topic::LapSeries
        | Topic::OvertakeSeries
        | Topic::SpFeed
        | Topic::TeamRadio => Feed::Extras,
    }
}

/// The topic without which a feed is not there.
pub(crate) const fn main_topic(feed: Feed) -> Topic {
    match feed {
        Feed::Session => Topic::SessionInfo,
        Feed::Timing => Topic::TimingData,
        Feed::Tyres => Topic::TimingAppData,
        Feed::RaceControl => Topic::RaceControlMessages,
        Feed::Weather => Topic::WeatherData,
        Feed::Cars => Topic::CarData,
        Feed::Positions => Topic::Position,
        Feed::PitStops => Topic::PitLaneTimeCollection,
        Feed::Extras => Topic::DriverRaceInfo,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feed_has_topics_of_its_own_and_its_main_one_first() {
        for feed in Feed::ALL {
            let topics: Vec<_> = topics_of(feed).collect();
            assert_eq!(topics.first(), Some(&main_topic(feed).name()));
            assert!(topics.iter().all(|topic| feed_of(topic) == Some(feed)), "{topics:?}");
        }
        let n_topics: usize = Feed::ALL.into_iter().map(|feed| topics_of(feed).count()).sum();
        assert_eq!(n_topics, Topic::ALL.into_iter().filter(|topic| !topic.is_ignored()).count());
        assert_eq!(feed_of("Gossip"), None);
    }
}
