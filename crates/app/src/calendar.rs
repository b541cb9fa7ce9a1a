//! Which event of a season is meant: by words of its name, its country, its town or its circuit, with or without accents,
//! and slightly misspelt.

use anyhow::{Result, bail};
use overcut_live::archive::{IndexedMeeting, IndexedSession, Year};

use crate::library::{is_near, slug, words_of};

/// Most events named in a message.
const MAX_NAMED: usize = 12;

/// What people call places that no list calls so.
const ALIASES: [(&str, &str); 8] = [
    ("america", "united"),
    ("cota", "austin"),
    ("emirates", "arab"),
    ("england", "silverstone"),
    ("holland", "netherlands"),
    ("uk", "silverstone"),
    ("us", "united"),
    ("usa", "united"),
];

/// A weekend and those of its sessions that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The weekend.
    pub meeting: &'a IndexedMeeting,
    /// The sessions, in order of time.
    pub sessions: Vec<&'a IndexedSession>,
}

/// How a word of a query may fit a word of a name; the closest way in which anything fits counts.
#[derive(Debug, Clone, Copy)]
enum Fit {
    Same,
    Beginning,
    WithSponsors,
    Near,
}

/// The sessions that words fit. A query that names no session means whole weekends; no words mean everything.
pub fn matching<'a>(year: &'a Year, words: &[String]) -> Vec<Choice<'a>> {
    let words = words_of(&words.join(" "));
    let words: Vec<&str> = words.iter().map(|word| aliased(word)).collect();
    let fits = [Fit::Same, Fit::Beginning, Fit::WithSponsors, Fit::Near];
    let by_fit = fits.into_iter().map(|fit| by(year, &words, fit));
    by_fit.into_iter().find(|choices| !choices.is_empty()).unwrap_or_default()
}

/// The one weekend, or the sessions of it, that words mean.
///
/// # Errors
///
/// If nothing or several weekends fit; the message names what there is.
pub fn choose<'a>(season: u16, year: &'a Year, words: &[String]) -> Result<Choice<'a>> {
    let mut choices = matching(year, words);
    let query = words.join(" ");
    match choices.len() {
        1 => Ok(choices.remove(0)),
        0 => bail!(
            "no event of {season} fits {query:?}; there are:{}",
            list(year.meetings.iter().map(|meeting| meeting.name.as_str()))
        ),
        _ => bail!(
            "{query:?} fits several events of {season}:{}",
            list(choices.iter().map(|choice| choice.meeting.name.as_str()))
        ),
    }
}

fn by<'a>(year: &'a Year, words: &[&str], fit: Fit) -> Vec<Choice<'a>> {
    let choice = |meeting: &'a IndexedMeeting| {
        let of_meeting = known_words(meeting, fit);
        let sessions: Vec<&IndexedSession> =
            meeting.sessions.iter().filter(|session| is_meant(words, &of_meeting, session, fit)).collect();
        // "sprint" is the sprint, though it would fit the sprint's qualifying as well.
        let named: Vec<&IndexedSession> = sessions.iter().copied().filter(|s| is_named(s, words)).collect();
        let sessions = if named.is_empty() { sessions } else { named };
        (!sessions.is_empty()).then_some(Choice { meeting, sessions })
    };
    year.meetings.iter().filter_map(choice).collect()
}

/// True if every word fits the weekend or the session.
fn is_meant(words: &[&str], of_meeting: &[String], session: &IndexedSession, fit: Fit) -> bool {
    let of_session: Vec<String> = slug(&session.name).split('-').map(str::to_owned).collect();
    words.iter().all(|word| of_meeting.iter().chain(&of_session).any(|known| fits(word, known, fit)))
}

/// True if the words name the session in full.
fn is_named(session: &IndexedSession, words: &[&str]) -> bool {
    slug(&session.name).split('-').all(|part| words.contains(&part))
}

fn fits(word: &str, known: &str, fit: Fit) -> bool {
    match fit {
        Fit::Same => word == known,
        Fit::Beginning | Fit::WithSponsors => known.starts_with(word),
        Fit::Near => is_near(word, known),
    }
}

/// What is known of a weekend. Sponsors are airlines of other countries often enough to come last.
fn known_words(meeting: &IndexedMeeting, fit: Fit) -> Vec<String> {
    let sponsors = if matches!(fit, Fit::WithSponsors) { meeting.official_name.as_str() } else { "" };
    let IndexedMeeting { name, location, country, country_code, circuit, .. } = meeting;
    let text = slug(&[name, location, country, country_code, circuit, sponsors].join(" "));
    // Numbers are years, and the 1 of Formula 1: neither is of a weekend.
    let is_word = |word: &&str| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit());
    text.split('-').filter(is_word).map(str::to_owned).collect()
}

fn aliased(word: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word, |(_, name)| name)
}

/// One name a line.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let mut text: String = names.iter().take(MAX_NAMED).map(|name| format!("\n  {name}")).collect();
    if names.len() > MAX_NAMED {
        text.push_str(&format!("\n  … and {} more; `overcut events` lists them", names.len() - MAX_NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str) -> IndexedSession {
        IndexedSession { name: name.to_owned(), path: Some("2031/x/".to_owned()), ..IndexedSession::default() }
    }

    fn meeting(names: [&str; 5], sessions: &[&str]) -> IndexedMeeting {
        let [name, official_name, location, country, circuit] = names.map(str::to_owned);
        let sessions = sessions.iter().map(|name| session(name)).collect();
        IndexedMeeting { name, official_name, location, country, circuit, sessions, ..IndexedMeeting::default() }
    }

    fn season() -> Year {
        let usual = ["Practice 1", "Practice 2", "Practice 3", "Qualifying", "Race"];
        let sprint = ["Practice 1", "Sprint Qualifying", "Sprint", "Qualifying", "Race"];
        let names = [
            (["Chinese Grand Prix", "FORMULA 1 CHINESE GRAND PRIX", "Shanghai", "China", "Shanghai"], sprint),
            (["Spanish Grand Prix", "FORMULA 1 SPANISH GRAND PRIX", "Barcelona", "Spain", "Catalunya"], usual),
            (
                ["Belgian Grand Prix", "FORMULA 1 GRAND PRIX", "Spa-Francorchamps", "Belgium", "Spa-Francorchamps"],
                sprint,
            ),
            (["Dutch Grand Prix", "FORMULA 1 GRAND PRIX", "Zandvoort", "Netherlands", "Zandvoort"], usual),
            (["Italian Grand Prix", "FORMULA 1 PIRELLI GRAND PRIX", "Monza", "Italy", "Monza"], usual),
            (["Azerbaijan Grand Prix", "FORMULA 1 QATAR AIRWAYS GRAND PRIX", "Baku", "Azerbaijan", "Baku"], usual),
            (["United States Grand Prix", "FORMULA 1 GRAND PRIX", "Austin", "United States", "Austin"], sprint),
            (["São Paulo Grand Prix", "FORMULA 1 GRAND PRIX", "São Paulo", "Brazil", "Interlagos"], sprint),
            (["Las Vegas Grand Prix", "FORMULA 1 GRAND PRIX", "Las Vegas", "United States", "Las Vegas"], usual),
            (["Qatar Grand Prix", "FORMULA 1 QATAR AIRWAYS GRAND PRIX", "Lusail", "Qatar", "Lusail"], sprint),
        ];
        Year { meetings: names.iter().map(|(names, sessions)| meeting(*names, sessions)).collect() }
    }

    #[test]
    fn words_find_the_event_and_its_sessions() {
        let year = season();
        let cases = [
            ("monza race", Ok("Italian Grand Prix: Race")),
            ("Italy Race", Ok("Italian Grand Prix: Race")),
            ("monza", Ok("Italian Grand Prix: Practice 1, Practice 2, Practice 3, Qualifying, Race")),
            ("sao paulo sprint", Ok("São Paulo Grand Prix: Sprint")),
            ("São Paulo sprint quali", Ok("São Paulo Grand Prix: Sprint Qualifying")),
            ("interlagos gp fp1", Ok("São Paulo Grand Prix: Practice 1")),
            ("brazil practice 1", Ok("São Paulo Grand Prix: Practice 1")),
            ("monsa race", Ok("Italian Grand Prix: Race")),
            ("zandvort quali", Ok("Dutch Grand Prix: Qualifying")),
            ("holland race", Ok("Dutch Grand Prix: Race")),
            ("cota sprint", Ok("United States Grand Prix: Sprint")),
            ("spa race", Ok("Belgian Grand Prix: Race")),
            ("qatar race", Ok("Qatar Grand Prix: Race")),
            ("pirelli race", Ok("Italian Grand Prix: Race")),
            ("usa race", Err("fits several events of 2031:\n  United States Grand Prix\n  Las Vegas Grand Prix")),
            ("grand prix", Err("fits several events of 2031:\n  Chinese Grand Prix\n")),
            ("monza sprint", Err("no event of 2031 fits \"monza sprint\"; there are:\n  Chinese")),
            ("atlantis", Err("no event of 2031 fits")),
        ];
        for (query, want) in cases {
            let words: Vec<String> = query.split(' ').map(str::to_owned).collect();
            match (choose(2031, &year, &words), want) {
                (Ok(choice), Ok(text)) => {
                    let names: Vec<&str> = choice.sessions.iter().map(|session| session.name.as_str()).collect();
                    assert_eq!(format!("{}: {}", choice.meeting.name, names.join(", ")), text, "{query:?}");
                }
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{query:?}: {error}"),
                (found, want) => panic!("{query:?}: {found:?} instead of {want:?}"),
            }
        }
    }

    #[test]
    fn no_words_mean_everything() {
        let year = season();
        let all = matching(&year, &[]);
        assert_eq!((all.len(), all[0].sessions.len()), (10, 5));
    }
}
