//! Rows of the tables.

use overcut_domain::{Alert, DriverNumber, FlagScope, Lap, PitStop, RaceControlMessage, SessionTime, Stint};
use overcut_session::DriverEntry;

use super::{millis, names};
use crate::wire;

pub(crate) fn driver(entry: &DriverEntry) -> wire::Driver {
    wire::Driver {
        driver: entry.driver.0,
        tla: entry.tla.clone(),
        full_name: entry.full_name.clone(),
        team: entry.team.clone(),
        team_colour: entry.team_colour.clone(),
    }
}

pub(crate) fn lap(lap: &Lap) -> wire::Lap {
    let [c1, c2, c3] = lap.sector_colours;
    let speeds = &lap.speeds;
    wire::Lap {
        driver: lap.driver.0,
        number: lap.number.0,
        started_at_ms: lap.started_at.map(millis),
        ended_at_ms: lap.ended_at.map(millis),
        time_ms: lap.time.map(|time| time.as_millis()),
        colour: names::colour(lap.colour),
        sectors_ms: lap.sectors.map(|time| time.map(|time| time.as_millis())),
        sector_colours: [names::colour(c1), names::colour(c2), names::colour(c3)],
        speeds_kmh: [speeds.i1_kmh, speeds.i2_kmh, speeds.finish_line_kmh, speeds.speed_trap_kmh],
        compound: lap.compound.map(|compound| compound.name().to_owned()),
        tyre_life: lap.tyre_life,
        fresh_tyre: lap.fresh_tyre,
        stint: lap.stint,
        position: lap.position,
        gap_to_leader_ms: lap.gap_to_leader_ms,
        pit_in_at_ms: lap.pit_in_at.map(millis),
        pit_out_at_ms: lap.pit_out_at.map(millis),
        track_status: lap.track_status.iter().map(|status| char::from(b'0' + status.code())).collect(),
        part: lap.part.map(|part| part.0),
        deleted: lap.deleted,
        deleted_reason: lap.deleted_reason.clone(),
        is_personal_best: lap.is_personal_best,
        is_accurate: lap.is_accurate,
    }
}

pub(crate) fn stint(stint: &Stint) -> wire::Stint {
    wire::Stint {
        driver: stint.driver.0,
        number: stint.number,
        compound: stint.compound.name().to_owned(),
        fresh: stint.fresh,
        first_lap: stint.first_lap.0,
        last_lap: stint.last_lap.0,
        age_at_start: stint.age_at_start,
        best_ms: stint.best_lap.map(|time| time.as_millis()),
        is_over: stint.is_over,
    }
}

pub(crate) fn pit_stop(stop: &PitStop) -> wire::PitStop {
    wire::PitStop {
        driver: stop.driver.0,
        number: stop.number,
        lap: stop.lap.0,
        entered_at_ms: stop.entered_at.map(millis),
        left_at_ms: stop.left_at.map(millis),
        lane_ms: stop.lane_time.map(|time| time.as_millis()),
        stop_ms: stop.stop_time.map(|time| time.as_millis()),
        from: stop.from.map(|compound| compound.name().to_owned()),
        to: stop.to.map(|compound| compound.name().to_owned()),
        track_status: names::track_status(stop.track_status).to_owned(),
    }
}

/// `known_at`: when the message, or its correction, became known.
pub(crate) fn race_control(message: &RaceControlMessage, known_at: SessionTime) -> wire::RaceControl {
    let about = match message.scope {
        Some(FlagScope::Driver(driver)) => Some(driver),
        _ => message.driver,
    };
    wire::RaceControl {
        index: message.index,
        t_ms: millis(known_at),
        utc_ms: message.utc.map(|utc| utc.as_millis()),
        lap: message.lap.map(|lap| lap.0),
        category: names::category(message.category).to_owned(),
        flag: message.flag.map(|flag| names::flag(flag).to_owned()),
        sector: match message.scope {
            Some(FlagScope::Sector(sector)) => Some(sector),
            _ => None,
        },
        driver: about.map(|driver| driver.0),
        drivers: drivers_named(&message.text, about),
        text: message.text.clone(),
    }
}

/// The cars that a text names, as race control does: `CAR 44 (HAM)`, `CARS 1 (VER) AND 16 (LEC)`. A number counts if
/// three capitals in brackets follow it.
fn drivers_named(text: &str, about: Option<DriverNumber>) -> Vec<u16> {
    let mut named: Vec<u16> = about.map(|driver| driver.0).into_iter().collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.windows(2) {
        let [number, tla] = pair else { continue };
        let tla = tla.trim_end_matches([',', '.', ';', ':']);
        let inner = tla.strip_prefix('(').and_then(|tla| tla.strip_suffix(')'));
        let is_tla = inner.is_some_and(|tla| tla.len() == 3 && tla.bytes().all(|b| b.is_ascii_uppercase()));
        let number = number.parse::<u16>().ok().filter(|_| is_tla);
        named.extend(number.filter(|number| !named.contains(number)));
    }
    named
}

pub(crate) fn alert(index: u16, alert: &Alert) -> wire::Alert {
    let evidence = alert.evidence.iter().map(|evidence| wire::Evidence {
        what: evidence.what.clone(),
        value: evidence.value,
        reference: evidence.reference,
        unit: evidence.unit.clone(),
    });
    wire::Alert {
        index,
        kind: names::alert_kind(alert.kind).to_owned(),
        driver: alert.driver.0,
        lap: alert.lap.map(|lap| lap.0),
        t_ms: millis(alert.raised_at),
        started_at_ms: millis(alert.started_at),
        peak_at_ms: millis(alert.peak_at),
        ended_at_ms: alert.ended_at.map(millis),
        distance_m: alert.distance_m,
        evidence: evidence.collect(),
        confidence: alert.confidence,
        text: alert.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_cars_a_text_names() {
        let cases = [
            ("CAR 44 (HAM) TIME 1:35.1 DELETED - TRACK LIMITS AT TURN 6 LAP 3", vec![44]),
            ("TURN 1 INCIDENT INVOLVING CARS 1 (VER), 16 (LEC) AND 81 (PIA) NOTED", vec![1, 16, 81]),
            ("DRS ENABLED", vec![]),
            ("5 SECOND TIME PENALTY FOR CAR 63 (RUS) - SPEEDING IN THE PIT LANE", vec![63]),
        ];
        for (text, want) in cases {
            assert_eq!(drivers_named(text, None), want, "{text:?}");
        }
        assert_eq!(drivers_named("BLUE FLAG FOR CAR 2 (SAR)", Some(DriverNumber(2))), [2]);
    }
}
