//! Events into a timeline, piece by piece.

use std::collections::VecDeque;

use overcut_domain::{Alert, Event, SessionTime, Stamped};
use overcut_timeline::Timeline;
use overcut_track::Outline;

use crate::load::append;
use crate::map;
use crate::pipeline::Pipeline;

/// Where events come from: appends the next ones, in order of arrival, and returns false once there are no more.
pub type Feed = Box<dyn FnMut(&mut Vec<Stamped<Event>>) -> bool + Send>;

/// Folds a feed's events and lets a timeline grow by what they change.
pub struct Grower {
    feed: Feed,
    pipeline: Pipeline,
    /// The track, known from the start: alerts are placed on it.
    outline: Option<Outline>,
    waiting: VecDeque<Stamped<Event>>,
    batch: Vec<Stamped<Event>>,
    n_alerts: u16,
    is_dry: bool,
}

/// How far a timeline has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// To the moment that was asked for.
    Reached,
    /// Not that far yet: as many events were folded as were allowed at once.
    Further,
    /// To the end: nothing more will come.
    Over,
}

impl Grower {
    /// The pipeline need not keep telemetry: the timeline does.
    pub fn new(feed: Feed, pipeline: Pipeline, outline: Option<Outline>) -> Grower {
        let pipeline = pipeline.without_telemetry();
        Grower { feed, pipeline, outline, waiting: VecDeque::new(), batch: Vec::new(), n_alerts: 0, is_dry: false }
    }

    /// Lets the timeline grow to a moment, by at most so many events.
    pub fn grow(&mut self, timeline: &mut Timeline, until: SessionTime, max_events: usize) -> Growth {
        if let Some(outline) = self.outline.as_ref().filter(|_| timeline.outline().is_none()) {
            timeline.set_outline(outline.clone());
        }
        for _ in 0..max_events {
            match self.next() {
                Some(event) if event.time <= until => self.fold(timeline, &event),
                Some(event) => {
                    self.waiting.push_front(event);
                    return Growth::Reached;
                }
                None => {
                    self.finish(timeline);
                    return Growth::Over;
                }
            }
        }
        Growth::Further
    }

    fn next(&mut self) -> Option<Stamped<Event>> {
        while self.waiting.is_empty() && !self.is_dry {
            self.is_dry = !(self.feed)(&mut self.batch);
            self.waiting.extend(self.batch.drain(..));
        }
        self.waiting.pop_front()
    }

    fn fold(&mut self, timeline: &mut Timeline, event: &Stamped<Event>) {
        match &event.value {
            Event::Cars(samples) => timeline.insert_cars(samples),
            Event::Positions(samples) => timeline.insert_positions(samples),
            _ => {}
        }
        if let Some(outline) = timeline.outline() {
            self.pipeline.lay_estimates_on(outline, timeline.telemetry());
        }
        let step = self.pipeline.apply(event);
        append(timeline, &step, &mut self.n_alerts, placed(step.alerts, timeline));
    }

    fn finish(&mut self, timeline: &mut Timeline) {
        if timeline.is_complete() {
            return;
        }
        let step = self.pipeline.finish();
        append(timeline, &step, &mut self.n_alerts, placed(step.alerts, timeline));
        timeline.complete();
    }
}

/// The alerts with the place on the track in them.
pub(super) fn placed(alerts: &[Alert], timeline: &Timeline) -> Vec<Alert> {
    let mut alerts = alerts.to_vec();
    if let Some(outline) = timeline.outline() {
        alerts.iter_mut().for_each(|alert| map::place(alert, outline, timeline.telemetry()));
    }
    alerts
}

#[cfg(test)]
mod tests;
