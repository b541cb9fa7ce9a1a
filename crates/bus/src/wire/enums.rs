//! Enumerations of the schema. Its 0 means "not stated".

use overcut_domain::{
    AlertKind, Compound, Drs, Feed, Flag, Liveness, RaceControlCategory, SafetyCarMode, SegmentStatus, SessionKind,
    SessionStatus, SourceKind, SpeedTrap, TimingFeed, TrackStatus,
};

use super::{WireError, pb};
use crate::SessionState;

/// A word of ours with its number in the schema.
pub(super) trait Word: Copy {
    /// What it is called in errors.
    const NAME: &'static str;
    /// Its number.
    fn pb_code(self) -> i32;
    /// The word of a number other than 0, if there is one.
    fn of_code(code: i32) -> Option<Self>;

    /// A word that must be stated.
    fn read(code: i32) -> Result<Self, WireError> {
        Self::of_code(code).ok_or(WireError::Missing { what: Self::NAME })
    }

    /// A word that may be absent. One that we do not know is refused, not taken for absent.
    fn read_some(code: i32) -> Result<Option<Self>, WireError> {
        if code == 0 { Ok(None) } else { Self::read(code).map(Some) }
    }

    /// The number of a word that may be absent.
    fn code_some(word: Option<Self>) -> i32 {
        word.map_or(0, Self::pb_code)
    }
}

macro_rules! words {
    ($ours:ty, $pb:ty, $name:literal: $($word:ident = $code:ident),+ $(,)?) => {
        impl Word for $ours {
            const NAME: &'static str = $name;

            fn pb_code(self) -> i32 {
                match self {
                    $(Self::$word => <$pb>::$code as i32,)+
                }
            }

            fn of_code(code: i32) -> Option<Self> {
                match <$pb>::try_from(code).ok()? {
                    <$pb>::Unspecified => None,
                    $(<$pb>::$code => Some(Self::$word),)+
                }
            }
        }
    };
    ($ours:ty, $pb:ty, $name:literal: $($word:ident),+ $(,)? ; same) => {
        words!($ours, $pb, $name: $($word = $word),+);
    };
}

words!(SessionKind, pb::SessionKind, "kind of session":
    Practice, Qualifying, SprintQualifying, Sprint, Race, Unknown; same);
words!(SessionStatus, pb::SessionStatus, "session status":
    Inactive, Started, Aborted, Finished, Finalised, Ends; same);
words!(TrackStatus, pb::TrackStatus, "track status":
    Clear, Yellow, SafetyCar, Red, VirtualSafetyCar, VirtualSafetyCarEnding; same);
words!(Compound, pb::Compound, "compound":
    Hypersoft, Ultrasoft, Supersoft, Soft, Medium, Hard, Superhard, Intermediate, Wet, TestUnknown, Unknown; same);
words!(SpeedTrap, pb::SpeedTrap, "speed trap": I1, I2, FinishLine, SpeedTrap; same);
words!(Feed, pb::Feed, "feed":
    Session, Timing, Tyres, RaceControl, Weather, Cars, Positions, PitStops, Extras; same);
words!(SourceKind, pb::SourceKind, "kind of source":
    SignalR = Signalr, Archive = Archive, OpenF1 = Openf1, OpenMeteo = OpenMeteo, Estimate = Estimate);
words!(Liveness, pb::feed_state::Liveness, "liveness": Live, Late, Estimated, Missing; same);
words!(TimingFeed, pb::TimingFeed, "timing feed": Full, Reduced; same);
words!(SegmentStatus, pb::segment::Status, "mini-sector status":
    None, Yellow, Green, Purple, PitLane, Unknown; same);
words!(Drs, pb::Drs, "DRS": Off, Eligible, Open; same);
words!(RaceControlCategory, pb::race_control_message::Category, "category of race control":
    Flag, SafetyCar, Drs, CarEvent, SessionStatus, Other; same);
words!(Flag, pb::race_control_message::Flag, "flag":
    Green, Clear, Yellow, DoubleYellow, Red, Blue, Chequered, BlackAndWhite, BlackAndOrange, Black; same);
words!(SafetyCarMode, pb::race_control_message::SafetyCar, "safety car":
    SafetyCar = Real, Virtual = Virtual);
words!(AlertKind, pb::alert::Kind, "kind of alert":
    EngineOverRev, DrsOpenOutOfZone, DrsOpenUnderBraking, LockUp, SensorStuck, SensorDropOut, PowerLoss, SlowPuncture,
    TyreCliff; same);
words!(SessionState, pb::session_record::State, "state of a session": Running, Complete; same);
