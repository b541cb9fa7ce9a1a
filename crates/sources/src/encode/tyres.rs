//! Tyres and grid: `TimingAppData`, and `TyreStintSeries` and `CurrentTyres`, which say the same again.

use std::collections::BTreeMap;

use overcut_domain::{CarStints, Change, Compound, DriverNumber, StintUpdate, StintsUpdate};

use super::json::{JsonWriter, List};
use super::memory::Memory;
use crate::topic::Topic;

pub(super) fn timing_app_data(json: &mut JsonWriter<'_>, update: &StintsUpdate) {
    if update.cars.is_empty() {
        return;
    }
    json.object("Lines", |json| {
        for car in &update.cars {
            json.car(car.driver, |json| {
                json.number_text("RacingNumber", json.is_full().then_some(car.driver.0));
                json.number_text("GridPos", car.grid_position);
                if car.is_full || !car.stints.is_empty() {
                    stints(json, "Stints", car, true);
                }
            });
        }
    });
}

/// A list states all stints of a car, an object changes some: that is never left to chance.
fn stints(json: &mut JsonWriter<'_>, name: &str, car: &CarStints, states_laps: bool) {
    let list = if car.is_full { List::Whole } else { List::ByIndex };
    json.entries_as(list, name, &car.stints, |stint| stint.stint_idx.into(), |json, new| stint(json, new, states_laps));
}

fn stint(json: &mut JsonWriter<'_>, stint: &StintUpdate, states_laps: bool) {
    let is_new = states_laps && stint.compound.is_some() && stint.start_laps.is_some();
    json.number("LapFlags", is_new.then_some(0u8));
    json.text("Compound", stint.compound.map(Compound::name));
    json.text("New", stint.fresh.map(|fresh| if fresh { "true" } else { "false" }));
    json.number_text("TyresNotChanged", stint.changed.map(|changed| u8::from(!changed)));
    json.number("TotalLaps", stint.total_laps);
    json.number("StartLaps", stint.start_laps);
    if states_laps {
        json.lap_time("LapTime", stint.best_lap.map_or(Change::Keep, Change::Set));
        json.number("LapNumber", stint.best_lap_number.map(|lap| lap.0));
    }
}

/// Says the same again on the two topics that repeat tyres.
pub(super) fn repeat(
    update: &StintsUpdate,
    memory: &mut Memory,
    send: &mut impl FnMut(Topic, &mut dyn FnMut(&mut JsonWriter<'_>)),
) {
    send(Topic::TyreStintSeries, &mut |json| {
        let cars = update.cars.iter().filter(|car| car.is_full || !car.stints.is_empty());
        if cars.clone().next().is_none() {
            return;
        }
        json.object("Stints", |json| {
            for car in cars.clone() {
                stints(json, &car.driver.to_string(), car, false);
            }
        });
    });
    let changed = change_tyres(&mut memory.tyres, update);
    if changed.is_empty() {
        return;
    }
    send(Topic::CurrentTyres, &mut |json| {
        json.object("Tyres", |json| {
            for (driver, compound, fresh) in &changed {
                json.car(*driver, |json| {
                    json.text("Compound", Some(compound.name()));
                    json.flag("New", *fresh);
                });
            }
        });
    });
}

/// Takes over which compound each car is on; returns the cars whose latest stint names one anew.
fn change_tyres(
    tyres: &mut BTreeMap<DriverNumber, (u8, Compound)>,
    update: &StintsUpdate,
) -> Vec<(DriverNumber, Compound, Option<bool>)> {
    let mut changed = Vec::new();
    for car in &update.cars {
        let latest = car.stints.iter().filter(|stint| stint.compound.is_some()).max_by_key(|stint| stint.stint_idx);
        let Some((stint, compound)) = latest.and_then(|stint| Some((stint, stint.compound?))) else { continue };
        let known = tyres.get(&car.driver).copied();
        if known != Some((stint.stint_idx, compound)) && known.is_none_or(|(idx, _)| idx <= stint.stint_idx) {
            tyres.insert(car.driver, (stint.stint_idx, compound));
            changed.push((car.driver, compound, stint.fresh));
        }
    }
    changed
}
