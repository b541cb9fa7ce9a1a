//! `overcut events`: which sessions the archive or OpenF1 has, and which of them are here.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use overcut_live::archive::{IndexedSession, Year};
use serde::Serialize;

use super::Context;
use super::sources::Sources;
use crate::calendar::{self, Choice};
use crate::cli::EventsArguments;
use crate::clock::utc_now;
use crate::library::{Library, slug};
use crate::table;

/// Lists a season, or the sessions of it that words fit.
pub fn events(context: &Context, arguments: &EventsArguments) -> Result<()> {
    let season = match arguments.year {
        Some(season) => season,
        None => utc_now().to_string().get(..4).unwrap_or_default().parse()?,
    };
    let sources = Sources::new(context, arguments.from.as_deref())?;
    let year = sources.year(season)?;
    let library = Library::scan(&context.config.data);
    let why_absent = sources.why_absent();
    let here = Here { season, why_absent, ids: library.entries().iter().map(|entry| entry.title.slug()).collect() };
    let choices = calendar::matching(&year, &arguments.words);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &here.rows(&choices))?;
        writeln!(out)?;
    } else if choices.is_empty() {
        writeln!(out, "None of {} events of {season} fits {:?}.", year.meetings.len(), arguments.words.join(" "))?;
    } else if arguments.words.is_empty() {
        writeln!(out, "{}", here.meetings(&year))?;
    } else {
        writeln!(out, "{}", here.sessions(&choices))?;
    }
    Ok(())
}

/// A session as programs are told of it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    season: u16,
    meeting: &'a str,
    country: &'a str,
    location: &'a str,
    circuit: &'a str,
    session: &'a str,
    starts_at: Option<String>,
    /// The archive, or OpenF1, has it.
    is_published: bool,
    /// Key of its recording in the library, if there is one.
    id: Option<String>,
}

/// What is here already.
struct Here {
    season: u16,
    /// Why a session without files has none.
    why_absent: &'static str,
    ids: BTreeSet<String>,
}

impl Here {
    /// The key of a session's recording, if there is one.
    fn id(&self, meeting: &str, session: &IndexedSession) -> Option<String> {
        let id = slug(&format!("{} {meeting} {}", self.season, session.name));
        self.ids.contains(&id).then_some(id)
    }

    fn rows<'a>(&self, choices: &[Choice<'a>]) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        for Choice { meeting, sessions } in choices {
            rows.extend(sessions.iter().map(|session| Row {
                season: self.season,
                meeting: &meeting.name,
                country: &meeting.country,
                location: &meeting.location,
                circuit: &meeting.circuit,
                session: &session.name,
                starts_at: session.starts_at.map(|utc| utc.to_string()),
                is_published: session.path.is_some(),
                id: self.id(&meeting.name, session),
            }));
        }
        rows
    }

    fn meetings(&self, year: &Year) -> comfy_table::Table {
        let mut table = table::new(&["from", "event", "country", "circuit", "sessions", "here"]);
        for meeting in &year.meetings {
            let n_here = meeting.sessions.iter().filter(|session| self.id(&meeting.name, session).is_some()).count();
            table.add_row([
                meeting.sessions.first().map(day).unwrap_or_default(),
                meeting.name.clone(),
                meeting.country.clone(),
                meeting.circuit.clone(),
                meeting.sessions.iter().filter(|session| session.path.is_some()).count().to_string(),
                if n_here == 0 { String::new() } else { n_here.to_string() },
            ]);
        }
        table
    }

    fn sessions(&self, choices: &[Choice<'_>]) -> comfy_table::Table {
        let mut table = table::new(&["start (UTC)", "event", "session", "here"]);
        for Choice { meeting, sessions } in choices {
            for session in sessions {
                let start: String = session.starts_at.map(|utc| utc.to_string()).unwrap_or_default();
                let here = match (self.id(&meeting.name, session), &session.path) {
                    (Some(id), _) => id,
                    (None, Some(_)) => "no".to_owned(),
                    (None, None) => self.why_absent.to_owned(),
                };
                let start = start.chars().take(16).map(|letter| if letter == 'T' { ' ' } else { letter }).collect();
                table.add_row([start, meeting.name.clone(), session.name.clone(), here]);
            }
        }
        table
    }
}

fn day(session: &IndexedSession) -> String {
    session.starts_at.map(|utc| utc.to_string().chars().take(10).collect()).unwrap_or_default()
}
