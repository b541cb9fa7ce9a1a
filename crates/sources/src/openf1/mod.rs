//! Rows of OpenF1, as events of a session.
//!
//! OpenF1 makes tables of the feed: one row per lap, per stint, per change of place. Its broker sends a row anew each
//! time something in it changes, its REST API answers with the rows as they stand. The [`Translator`] takes both, in
//! any order and any number of times, merges them by what they are about, and tells what is new in the words of a
//! timing feed, each with the moment at which it happened.
//!
//! How its columns follow from the feed, and the defects of the service that are handled here, are described in
//! `docs/sources/openf1.md`.

mod champions;
mod control;
mod endpoint;
mod field;
mod files;
mod laps;
mod order;
mod pits;
mod places;
mod read;
mod rows;
mod samples;
mod session;
mod stints;
mod tell;

use overcut_domain::{Event, SessionTime, UtcTime};

pub use endpoint::Endpoint;
pub(crate) use files::{Files, is_answer, is_recording, probe};
pub use tell::Told;

use crate::report::DecodeReport;
use read::each_row;
use rows::Row;
use tell::Telling;

/// Most rows of one message that are kept. A race has 90 000 car samples per hour and car.
const MAX_ROWS: usize = 1_000_000;

/// Translates the rows of OpenF1, message by message.
///
/// Samples inside of events ([`Event::Cars`], [`Event::Positions`]) are timed in milliseconds since 1970, because rows
/// know no session clock; [`put_on_clock`] puts an event on one.
///
/// Rows of another session than the first one are left out, unless they are later than all before: then another
/// session has begun, and everything starts anew with [`Event::SessionInfo`].
#[derive(Debug, Default)]
pub struct Translator {
    session: session::Current,
    moments: Moments,
    control: control::Control,
    laps: laps::Laps,
    pits: pits::Pits,
    stints: stints::Stints,
    order: order::Order,
    samples: samples::Seen,
    champions: champions::Seen,
    /// What waits for the session's opening to be known.
    waiting: Vec<Telling>,
}

/// The first and the last moment that rows told of.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    first: Option<UtcTime>,
    last: Option<UtcTime>,
}

impl Moments {
    fn note(&mut self, utc: UtcTime) {
        self.first = Some(self.first.map_or(utc, |first| first.min(utc)));
        self.last = Some(self.last.map_or(utc, |last| last.max(utc)));
    }
}

impl Translator {
    /// A translator that knows nothing yet.
    pub fn new() -> Translator {
        Translator::default()
    }

    /// The session whose rows it takes, once it is known.
    pub fn session_key(&self) -> Option<u32> {
        self.session.key()
    }

    /// When the session opens, as soon as that can be told: an hour before its planned start, or with the first row's
    /// whole minute where the plan is not known or the row is earlier.
    pub fn opening(&self) -> Option<UtcTime> {
        self.session.opening(self.moments.first)
    }

    /// Reads one message of an endpoint, which is named without `v1/`: a list of rows as the REST API answers, or one
    /// row as the broker sends it. Appends what is new in it, in order of its moments; they may lie before what was
    /// told earlier.
    pub fn take(&mut self, endpoint: &str, payload: &[u8], report: &mut DecodeReport, told: &mut Vec<Told>) {
        let Some(endpoint) = Endpoint::from_name(endpoint) else {
            report.unknown_topic(endpoint, payload);
            return;
        };
        let mut news = Vec::new();
        self.take_rows(endpoint, payload, report, &mut news);
        self.tell(news, told);
    }

    /// Tells what could not be placed while more might come: values of laps that were never finished.
    pub fn finish(&mut self, told: &mut Vec<Told>) {
        let mut news = Vec::new();
        let context = context(&self.session, &self.pits, &self.control);
        self.laps.finish(&context, &mut news);
        self.tell(news, told);
    }

    fn take_rows(&mut self, endpoint: Endpoint, payload: &[u8], report: &mut DecodeReport, news: &mut Vec<Telling>) {
        match endpoint {
            Endpoint::Sessions => {
                let rows = all_rows(payload, report);
                if self.session.take_sessions(rows, self.moments.last, news) {
                    self.begin_anew();
                }
            }
            Endpoint::Meetings => self.session.take_meetings(all_rows(payload, report), news),
            Endpoint::Drivers => session::drivers(self.rows(payload, report, no_date, news), news),
            // The grid stands under the key of the session that decided it.
            Endpoint::StartingGrid => session::grid(all_rows(payload, report), news),
            Endpoint::RaceControl => {
                let rows = self.rows(payload, report, |row: &rows::RaceControl| row.date.get(), news);
                self.control.take(rows, report, news);
            }
            Endpoint::Pit => {
                let rows = self.rows(payload, report, |row: &rows::Pit| row.date.get(), news);
                // A lap that ended in the pits knows better now when the car came in.
                let touched = self.pits.take(rows, self.session.is_race(), report, news);
                self.laps.touch(touched);
                self.tell_laps(news);
            }
            Endpoint::Laps => {
                let rows = self.rows(payload, report, |row: &rows::Laps| row.date_start.get(), news);
                self.laps.take(rows, report);
                self.tell_laps(news);
                self.stints.tell_news(&self.laps, news);
            }
            Endpoint::Stints => {
                let rows = self.rows(payload, report, no_date, news);
                self.stints.take(rows, report);
                self.stints.tell_news(&self.laps, news);
            }
            Endpoint::Position => {
                let rows = self.rows(payload, report, |row: &rows::Position| row.date.get(), news);
                self.order.take_positions(rows, report, news);
            }
            Endpoint::Intervals => {
                let rows = self.rows(payload, report, |row: &rows::Intervals| row.date.get(), news);
                self.order.take_intervals(rows, &self.laps, report, news);
            }
            Endpoint::Weather => {
                let rows = self.rows(payload, report, |row: &rows::Weather| row.date.get(), news);
                self.control.take_weather(rows, report, news);
            }
            Endpoint::TeamRadio => {
                let rows = self.rows(payload, report, |row: &rows::TeamRadio| row.date.get(), news);
                self.champions.take_radio(rows, report, news);
            }
            Endpoint::Overtakes => {
                let rows = self.rows(payload, report, |row: &rows::Overtakes| row.date.get(), news);
                self.champions.take_overtakes(rows, report, news);
            }
            Endpoint::ChampionshipDrivers => champions::drivers(self.rows(payload, report, no_date, news), news),
            Endpoint::ChampionshipTeams => champions::teams(self.rows(payload, report, no_date, news), news),
            Endpoint::SessionResult => {
                let rows = self.rows(payload, report, no_date, news);
                self.order.take_result(rows, self.session.is_race(), news);
            }
            Endpoint::CarData => {
                let rows = self.rows(payload, report, |row: &rows::CarData| row.date.get(), news);
                self.samples.take_cars(rows, report, news);
            }
            Endpoint::Location => {
                let rows = self.rows(payload, report, |row: &rows::Location| row.date.get(), news);
                self.samples.take_fixes(rows, report, news);
            }
        }
    }

    /// The rows of a message that belong to the session.
    fn rows<R: Row>(
        &mut self,
        payload: &[u8],
        report: &mut DecodeReport,
        date: impl Fn(&R) -> Option<UtcTime>,
        news: &mut Vec<Telling>,
    ) -> Vec<R> {
        let mut rows: Vec<R> = all_rows(payload, report);
        let later = rows.iter().find(|row| {
            let is_other = row.session_key().is_some_and(|key| self.session.is_other(key));
            is_other && date(row).zip(self.moments.last).is_some_and(|(date, last)| date > last)
        });
        if let Some(key) = later.and_then(Row::session_key) {
            self.session.begin(key, news);
            self.begin_anew();
        }
        rows.retain(|row| {
            let belongs = row.session_key().is_none_or(|key| self.session.admits(key, news));
            if !belongs {
                report.n_rows_of_others += 1;
            }
            belongs
        });
        rows
    }

    /// Forgets what belongs to the session before.
    fn begin_anew(&mut self) {
        *self = Translator { session: std::mem::take(&mut self.session), ..Translator::default() };
    }

    fn tell_laps(&mut self, news: &mut Vec<Telling>) {
        let context = context(&self.session, &self.pits, &self.control);
        self.laps.tell_news(&context, news);
    }

    /// Gives every piece of news its moment, and sorts it.
    fn tell(&mut self, news: Vec<Telling>, told: &mut Vec<Told>) {
        news.iter().filter_map(Telling::utc).for_each(|utc| self.moments.note(utc));
        let opening = self.opening();
        let n_before = told.len();
        for telling in std::mem::take(&mut self.waiting).into_iter().chain(news) {
            match telling.at(opening, self.moments.last) {
                Ok(place) => told.push(place),
                Err(telling) if self.waiting.len() < tell::MAX_WAITING => self.waiting.push(telling),
                Err(_) => {}
            }
        }
        if let Some(new) = told.get_mut(n_before..) {
            new.sort_by_key(|told| told.utc);
        }
    }
}

/// What laps are placed by.
fn context<'a>(session: &session::Current, pits: &'a pits::Pits, control: &'a control::Control) -> laps::Context<'a> {
    laps::Context { is_race: session.is_race(), pits, parts: control.parts() }
}

fn no_date<R>(_: &R) -> Option<UtcTime> {
    None
}

fn all_rows<R: Row>(payload: &[u8], report: &mut DecodeReport) -> Vec<R> {
    let mut rows = Vec::new();
    each_row(payload, report, |row, _| {
        if rows.len() < MAX_ROWS {
            rows.push(row);
        }
    });
    rows
}

/// Puts the samples of an event on a session clock, whose zero is at `zero`. Other events know no such times.
pub fn put_on_clock(event: &mut Event, zero: UtcTime) {
    let place = |time: &mut SessionTime| *time = *time - zero.as_millis();
    match event {
        Event::Cars(samples) => samples.iter_mut().for_each(|sample| place(&mut sample.time)),
        Event::Positions(fixes) => fixes.iter_mut().for_each(|fix| place(&mut fix.time)),
        _ => {}
    }
}
