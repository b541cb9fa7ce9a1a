//! The words of the wire for the core's enums.

use overcut_domain::{
    AlertKind, Flag, RaceControlCategory, SegmentStatus, SessionKind, SessionStatus, TimeColour, TrackStatus,
};
use overcut_session::CarStatus;
use overcut_timeline::MarkKind;

use crate::wire::Colour;

/// The word for a kind of session, as [`crate::wire::SessionSummary`] has it.
pub fn kind_name(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Practice => "practice",
        SessionKind::Qualifying => "qualifying",
        SessionKind::SprintQualifying => "sprint_qualifying",
        SessionKind::Sprint => "sprint",
        SessionKind::Race => "race",
        SessionKind::Unknown => "unknown",
    }
}

pub(super) fn session_status(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Inactive => "inactive",
        SessionStatus::Started => "started",
        SessionStatus::Aborted => "aborted",
        SessionStatus::Finished => "finished",
        SessionStatus::Finalised => "finalised",
        SessionStatus::Ends => "ends",
    }
}

pub(super) fn track_status(status: TrackStatus) -> &'static str {
    match status {
        TrackStatus::Clear => "clear",
        TrackStatus::Yellow => "yellow",
        TrackStatus::SafetyCar => "safety_car",
        TrackStatus::Red => "red",
        TrackStatus::VirtualSafetyCar => "virtual_safety_car",
        TrackStatus::VirtualSafetyCarEnding => "virtual_safety_car_ending",
    }
}

pub(super) fn car_status(status: CarStatus) -> &'static str {
    match status {
        CarStatus::OnTrack => "on_track",
        CarStatus::InPit => "in_pit",
        CarStatus::OutLap => "out_lap",
        CarStatus::Stopped => "stopped",
        CarStatus::Retired => "retired",
        CarStatus::KnockedOut => "knocked_out",
        CarStatus::Finished => "finished",
    }
}

pub(super) fn colour(colour: TimeColour) -> Colour {
    match colour {
        TimeColour::Plain => Colour::Plain,
        TimeColour::Green => Colour::Green,
        TimeColour::Purple => Colour::Purple,
    }
}

/// One letter per mini-sector.
pub(super) fn segment(status: SegmentStatus) -> char {
    match status {
        SegmentStatus::None => '.',
        SegmentStatus::Yellow => 'y',
        SegmentStatus::Green => 'g',
        SegmentStatus::Purple => 'p',
        SegmentStatus::PitLane => 'b',
        SegmentStatus::Unknown => '?',
    }
}

pub(super) fn alert_kind(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::EngineOverRev => "engine_over_rev",
        AlertKind::DrsOpenOutOfZone => "drs_open_out_of_zone",
        AlertKind::DrsOpenUnderBraking => "drs_open_under_braking",
        AlertKind::LockUp => "lock_up",
        AlertKind::SensorStuck => "sensor_stuck",
        AlertKind::SensorDropOut => "sensor_drop_out",
        AlertKind::PowerLoss => "power_loss",
        AlertKind::SlowPuncture => "slow_puncture",
        AlertKind::TyreCliff => "tyre_cliff",
    }
}

pub(super) fn category(category: RaceControlCategory) -> &'static str {
    match category {
        RaceControlCategory::Flag => "flag",
        RaceControlCategory::SafetyCar => "safety_car",
        RaceControlCategory::Drs => "drs",
        RaceControlCategory::CarEvent => "car_event",
        RaceControlCategory::SessionStatus => "session_status",
        RaceControlCategory::Other => "other",
    }
}

pub(super) fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::Green => "green",
        Flag::Clear => "clear",
        Flag::Yellow => "yellow",
        Flag::DoubleYellow => "double_yellow",
        Flag::Red => "red",
        Flag::Blue => "blue",
        Flag::Chequered => "chequered",
        Flag::BlackAndWhite => "black_and_white",
        Flag::BlackAndOrange => "black_and_orange",
        Flag::Black => "black",
    }
}

pub(super) fn mark_kind(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Start => "start",
        MarkKind::Finish => "finish",
        MarkKind::Yellow => "yellow",
        MarkKind::SafetyCar => "safety_car",
        MarkKind::VirtualSafetyCar => "virtual_safety_car",
        MarkKind::Red => "red",
        MarkKind::Retirement => "retirement",
        MarkKind::Alert => "alert",
        MarkKind::Part => "part",
        MarkKind::Gap => "gap",
        MarkKind::FilledGap => "filled_gap",
    }
}
