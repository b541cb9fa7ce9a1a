//! Who comes in at the end of this lap.

use super::{Field, Recorder, Run, lane, scripted_loss};
use crate::race::team::SetOnCar;
use crate::race::{Decision, PolicyChoice, Script, TrackState, View};
use crate::random::uniform;

impl<R: Recorder> Run<'_, '_, R> {
    pub(super) fn decide(&mut self, field: &mut Field) {
        let tables = self.tables;
        field.fitting = [0; super::LANES];
        // On red nobody stops: the cars come in together, and change before the restart.
        if field.lap >= field.last_lap || field.track == TrackState::Red {
            return;
        }
        let saving_s = tables.teams.saving_s(field.track);
        let is_plain = field.wetness <= 0.0 && !tables.has_scripts;
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            let is_slick = field.tyre[i] < 3;
            if is_plain && is_slick && tables.follows_team(i) {
                let set = SetOnCar {
                    lap: (field.own_lap[i] as usize).min(tables.n_laps - 1),
                    debt: tables.teams.debt(field.used[i], field.n_stops[i]),
                    kind: usize::from(field.tyre[i]),
                    age: usize::from(field.age[i]) + 1,
                };
                let dice = uniform(field.dice_word[i]);
                if !tables.teams.may_stop(i, set, i32::from(field.shift_laps[i]), saving_s, dice) {
                    continue;
                }
            }
            if let Decision::Pit(tyre) = self.decision(field, place, i)
                && !self.would_queue(field, place, i)
            {
                field.fitting[i] = tyre.index() as u8 + 1;
            }
        }
    }

    /// What a car's policy says; `place` is the car's in the running order.
    pub(super) fn decision(&mut self, field: &Field, place: usize, i: usize) -> Decision {
        let tables = self.tables;
        let view = self.view(field, place, i);
        let dice = uniform(field.dice_word[i]);
        match tables.settings.policies.get(i) {
            None | Some(PolicyChoice::Team) => {
                let plan = tables.plans[i].as_ref();
                tables.teams.decide_with(&view, dice, plan, i32::from(field.shift_laps[i]))
            }
            Some(PolicyChoice::Plan(it)) if it.is_reacting => tables.teams.decide_with(&view, dice, Some(&it.plan), 0),
            Some(PolicyChoice::Plan(it)) => match it.plan.stop_on(view.lap) {
                Some(stop) if view.track != TrackState::Red => Decision::Pit(stop.tyre),
                _ => Decision::Stay,
            },
            Some(PolicyChoice::Custom(policy)) => policy.decide(&view, dice),
        }
    }

    fn view(&self, field: &Field, place: usize, i: usize) -> View {
        let neighbour = |place: usize| field.order[..field.n_running].get(place).map(|car| usize::from(*car));
        let (ahead, behind) = (place.checked_sub(1).and_then(neighbour), neighbour(place + 1));
        let gap = |front: usize, back: usize| {
            let laps = field.lag[back].saturating_sub(field.lag[front]) as f32;
            field.time_s[back] - field.time_s[front] + laps * self.tables.model.circuit.base_lap_s
        };
        let has_stopped = |car: Option<usize>| car.is_some_and(|car| field.out_loss_s[car] > 0.0);
        // Under red the lap is over, and the set has done it.
        let is_red = field.track == TrackState::Red;
        let laps_driven = u16::from(!is_red);
        View {
            lap: field.own_lap[i] as u16 - u16::from(is_red).min(field.own_lap[i] as u16),
            n_laps: self.tables.n_laps as u16,
            car_idx: i as u8,
            position: place as u8 + 1,
            gap_ahead_s: ahead.map_or(f32::INFINITY, |ahead| gap(ahead, i)),
            gap_behind_s: behind.map_or(f32::INFINITY, |behind| gap(i, behind)),
            gap_to_leader_s: gap(lane(field.order[0]), i),
            tyre: field.tyre_of(i),
            tyre_age: field.age[i] + laps_driven,
            used: field.used[i],
            n_stops: field.n_stops[i],
            tyre_loss_s: self.tyre_loss_s(field, i),
            ahead_stopped: has_stopped(ahead),
            behind_stopped: has_stopped(behind),
            track: field.track,
            wetness: field.wetness,
            is_raining: field.is_raining,
            temper: field.temper[i],
        }
    }

    /// What a scripted slow puncture costs on this lap.
    fn tyre_loss_s(&self, field: &Field, i: usize) -> f32 {
        let losses = self.tables.scripts().iter().filter(|script| scripted_loss(field, i, script));
        losses
            .map(|script| match *script {
                Script::Loss { car_idx, loss_s, is_tyre: true, .. } if usize::from(car_idx) == i => loss_s,
                _ => 0.0,
            })
            .sum()
    }

    /// True if the team mate just ahead comes in on this lap too, and nothing makes it worth waiting behind it.
    fn would_queue(&self, field: &Field, place: usize, i: usize) -> bool {
        let tables = self.tables;
        if field.track != TrackState::Green || field.wetness > 0.0 || usize::from(field.lap) + 2 >= tables.n_laps {
            return false;
        }
        field.order[..place].iter().map(|mate| usize::from(*mate)).any(|mate| {
            tables.team_idx[mate] == tables.team_idx[i]
                && field.fitting[mate] > 0
                && field.time_s[i] - field.time_s[mate] < tables.model.circuit.pit.double_stack_s
        }) && tables.follows_team(i)
    }
}
