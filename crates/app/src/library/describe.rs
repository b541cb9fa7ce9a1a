//! What a recording is of, in words: from what its feed says of the session, else from its name on disk.

use std::cmp::Reverse;
use std::path::Path;

use overcut_domain::{SessionInfo, SessionKind, UtcTime, slug};
use overcut_server::wire::SessionSummary;

/// What a recording is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    /// Year.
    pub season: Option<u16>,
    /// Name of the weekend, such as `Chinese Grand Prix`.
    pub meeting: String,
    /// Name of the session, such as `Sprint`. Empty if nothing tells.
    pub name: String,
    /// What kind of session it is.
    pub kind: SessionKind,
    /// Circuit. Empty if the feed does not say.
    pub circuit: String,
    /// Country. Empty if the feed does not say.
    pub country: String,
    /// Town or region. Empty if the feed does not say.
    pub location: String,
    /// Planned start.
    pub starts_at: Option<UtcTime>,
}

impl Title {
    /// From what the feed says, and where it is silent, from the name of the file or folder.
    pub fn new(info: Option<&SessionInfo>, path: &Path) -> Title {
        let from_path = Title::from_name(&name_of(path));
        let Some(info) = info.filter(|info| !info.meeting_name.is_empty()) else { return from_path };
        let is_named = !info.name.is_empty();
        Title {
            season: info.season().or(from_path.season),
            meeting: info.meeting_name.clone(),
            name: if is_named { info.name.clone() } else { from_path.name },
            kind: if is_named { info.kind } else { from_path.kind },
            circuit: info.circuit_name.clone(),
            country: info.country.clone(),
            location: info.location.clone(),
            starts_at: info.starts_at,
        }
    }

    /// From a name such as `2025_dutch_gp_race`: a year, a weekend, a session.
    fn from_name(name: &str) -> Title {
        let words = slug(name);
        let mut title = Title::default();
        let mut meeting = Vec::new();
        let mut words = words.split('-').filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            let year = word.parse().ok().filter(|year| (1950..2100).contains(year));
            if title.season.is_none() && year.is_some() {
                title.season = year;
            } else if let Some((name, kind)) = session_word(word, words.peek().copied()) {
                if matches!(words.peek(), Some(next) if name.ends_with(next) || is_qualifying(next)) {
                    words.next();
                }
                (title.name, title.kind) = (name, kind);
            } else if word == "gp" {
                meeting.push("Grand Prix".to_owned());
            } else if !NOISE.contains(&word) {
                meeting.push(capitalised(word));
            }
        }
        let is_silent = meeting.is_empty() && title.name.is_empty();
        title.meeting = if is_silent { name.to_owned() } else { meeting.join(" ") };
        title
    }

    /// The plain id: season, weekend and session, such as `2026-chinese-grand-prix-sprint`.
    pub fn slug(&self) -> String {
        let season = self.season.map(|season| season.to_string()).unwrap_or_default();
        let text = slug(&format!("{season} {} {}", self.meeting, self.name));
        if text.is_empty() { "recording".to_owned() } else { text }
    }

    /// For people: `2026 Chinese Grand Prix – Sprint`.
    pub fn text(&self) -> String {
        let season = self.season.map(|season| season.to_string()).unwrap_or_default();
        let weekend = [season.as_str(), &self.meeting].join(" ");
        let parts = [weekend.trim(), &self.name];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" – ")
    }

    /// As the API lists a session of this name.
    pub fn summary(&self, id: String, format: String, has_car_data: Option<bool>, size_bytes: u64) -> SessionSummary {
        SessionSummary {
            id,
            kind: self.kind_name(),
            meeting: self.meeting.clone(),
            name: self.name.clone(),
            season: self.season,
            circuit: self.circuit.clone(),
            country: self.country.clone(),
            starts_at: self.starts_at.map(|utc| utc.to_string()),
            format,
            has_car_data,
            size_bytes,
        }
    }

    /// The word for the kind of session that the API uses.
    fn kind_name(&self) -> String {
        let word = match self.kind {
            SessionKind::Practice => "practice",
            SessionKind::Qualifying => "qualifying",
            SessionKind::SprintQualifying => "sprint_qualifying",
            SessionKind::Sprint => "sprint",
            SessionKind::Race => "race",
            SessionKind::Unknown => "unknown",
        };
        word.to_owned()
    }

    /// Greater for later sessions; sessions of an unknown day come last in their season.
    pub(super) fn order(&self) -> (Option<u16>, Option<UtcTime>, Reverse<&str>) {
        (self.season, self.starts_at, Reverse(&self.meeting))
    }
}

/// Words of file names that say how a recording was made, not what it is of.
const NOISE: [&str; 9] =
    ["fastf1", "fastf1client", "signalr", "websocket", "undercut", "partial", "capture", "recording", "f1"];

/// Endings of files, behind which the name stands.
const ENDINGS: [&str; 9] = [".zst", ".part", ".mcap", ".jsonstream", ".json", ".txt", ".csv", ".raw", ".log"];

/// The name of a file without its endings, or of a folder.
fn name_of(path: &Path) -> String {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut name = name.as_str();
    while let Some(at) = name.rfind('.').filter(|at| ENDINGS.contains(&name[*at..].to_ascii_lowercase().as_str())) {
        name = &name[..at];
    }
    name.to_owned()
}

/// The session that a word means, perhaps together with the next.
fn session_word(word: &str, next: Option<&str>) -> Option<(String, SessionKind)> {
    let (name, kind) = match (word, next) {
        ("fp1", _) | ("practice", Some("1")) => ("Practice 1", SessionKind::Practice),
        ("fp2", _) | ("practice", Some("2")) => ("Practice 2", SessionKind::Practice),
        ("fp3", _) | ("practice", Some("3")) => ("Practice 3", SessionKind::Practice),
        ("practice", _) => ("Practice", SessionKind::Practice),
        ("sprint", Some(next)) if is_qualifying(next) => ("Sprint Qualifying", SessionKind::SprintQualifying),
        ("sprint", _) => ("Sprint", SessionKind::Sprint),
        (word, _) if is_qualifying(word) => ("Qualifying", SessionKind::Qualifying),
        ("race", _) => ("Race", SessionKind::Race),
        _ => return None,
    };
    Some((name.to_owned(), kind))
}

fn is_qualifying(word: &str) -> bool {
    matches!(word, "qualifying" | "quali" | "shootout")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
