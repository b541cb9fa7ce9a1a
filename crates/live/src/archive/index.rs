//! What the archive says it has: years, their meetings and sessions, and the topics of a session.
//!
//! Nothing of it is believed too much: entries may have a key of −1, no path or no times, and a session that was
//! rescheduled stands where it was first planned.

use overcut_domain::UtcTime;
use serde_json::Value;

/// The sessions of a year, as the archive lists them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Year {
    /// The meetings, in the order of their first session.
    pub meetings: Vec<IndexedMeeting>,
}

/// A meeting of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexedMeeting {
    /// The publisher's key.
    pub key: Option<i64>,
    /// Name, such as `Italian Grand Prix`.
    pub name: String,
    /// The name with its sponsors.
    pub official_name: String,
    /// Town, such as `Monza`.
    pub location: String,
    /// Country, such as `Italy`.
    pub country: String,
    /// Three letters, such as `ITA`.
    pub country_code: String,
    /// Short name of the circuit.
    pub circuit: String,
    /// The sessions, in order of time.
    pub sessions: Vec<IndexedSession>,
}

/// A session of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexedSession {
    /// The publisher's key.
    pub key: Option<i64>,
    /// Name, such as `Practice 1` or `Race`.
    pub name: String,
    /// Start as it was planned when the list was made.
    pub starts_at: Option<UtcTime>,
    /// The same for the end.
    pub ends_at: Option<UtcTime>,
    /// Where its files are, ending in `/`; `None` if nothing is published.
    pub path: Option<String>,
}

/// The topics of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feeds {
    /// Names of topics, sorted; each has a file `NAME.jsonStream`.
    pub topics: Vec<String>,
}

/// Not a list of the archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no {what} of the archive")]
pub struct IndexError {
    what: &'static str,
}

impl Year {
    /// Reads `YEAR/Index.json`.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn read(bytes: &[u8]) -> Result<Year, IndexError> {
        let index = json(bytes).ok_or(IndexError { what: "list of sessions" })?;
        let meetings =
            index.get("Meetings").and_then(Value::as_array).ok_or(IndexError { what: "list of sessions" })?;
        let mut meetings: Vec<IndexedMeeting> = meetings.iter().map(IndexedMeeting::read).collect();
        meetings.retain(|meeting| !meeting.sessions.is_empty());
        meetings.sort_by_key(|meeting| meeting.sessions.first().and_then(|session| session.starts_at));
        Ok(Year { meetings })
    }

    /// The session that is on at a moment, or nearest to it, and published: from two hours before its start, for nobody
    /// updates the list when a session is moved, to four hours after its end, for races may be long interrupted.
    pub fn on_at(&self, now: UtcTime) -> Option<&IndexedSession> {
        const BEFORE_MS: i64 = 2 * 3_600_000;
        const AFTER_MS: i64 = 4 * 3_600_000;
        let sessions = self.meetings.iter().flat_map(|meeting| &meeting.sessions);
        let is_on = |session: &&IndexedSession| {
            let start_ms = session.starts_at.map(UtcTime::as_millis);
            let end_ms = session.ends_at.map(UtcTime::as_millis).or(start_ms);
            session.path.is_some()
                && start_ms.is_some_and(|start_ms| now.as_millis() >= start_ms - BEFORE_MS)
                && end_ms.is_some_and(|end_ms| now.as_millis() <= end_ms + AFTER_MS)
        };
        // Of two that could be, the later one: it is only published once it has begun.
        sessions.filter(is_on).max_by_key(|session| session.starts_at)
    }
}

impl IndexedMeeting {
    fn read(value: &Value) -> IndexedMeeting {
        let sessions = value.get("Sessions").and_then(Value::as_array);
        let mut sessions: Vec<IndexedSession> =
            sessions.into_iter().flatten().filter_map(IndexedSession::read).collect();
        sessions.sort_by_key(|session| session.starts_at);
        IndexedMeeting {
            key: value.get("Key").and_then(Value::as_i64),
            name: text(value, "Name"),
            official_name: text(value, "OfficialName"),
            location: text(value, "Location"),
            country: value.get("Country").map(|country| text(country, "Name")).unwrap_or_default(),
            country_code: value.get("Country").map(|country| text(country, "Code")).unwrap_or_default(),
            circuit: value.get("Circuit").map(|circuit| text(circuit, "ShortName")).unwrap_or_default(),
            sessions,
        }
    }
}

impl IndexedSession {
    /// `None` for entries that are no session: a key of −1, or neither name nor path.
    fn read(value: &Value) -> Option<IndexedSession> {
        let key = value.get("Key").and_then(Value::as_i64);
        let name = text(value, "Name");
        let path = Some(text(value, "Path")).filter(|path| is_plain_path(path));
        if key == Some(-1) || name.is_empty() && path.is_none() {
            return None;
        }
        let offset_ms = offset_ms(&text(value, "GmtOffset")).unwrap_or(0);
        let utc = |member| {
            let local: UtcTime = format!("{}Z", text(value, member).trim_end_matches('Z')).parse().ok()?;
            Some(UtcTime::from_millis(local.as_millis() - offset_ms))
        };
        Some(IndexedSession { key, name, starts_at: utc("StartDate"), ends_at: utc("EndDate"), path })
    }
}

impl Feeds {
    /// Reads `SESSION/Index.json`.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn read(bytes: &[u8]) -> Result<Feeds, IndexError> {
        let index = json(bytes).ok_or(IndexError { what: "list of topics" })?;
        let feeds = index.get("Feeds").and_then(Value::as_object).ok_or(IndexError { what: "list of topics" })?;
        let mut topics: Vec<String> = feeds.keys().filter(|topic| is_plain_topic(topic)).cloned().collect();
        topics.sort();
        Ok(Feeds { topics })
    }
}

/// True for the path of a session that may be put into an address: a few plain folders with a `/` at the end.
pub fn is_plain_path(path: &str) -> bool {
    let Some(folders) = path.strip_suffix('/').filter(|path| path.len() < 300) else { return false };
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_.'’ ()&,".contains(letter);
    folders.split('/').all(|folder| !folder.is_empty() && !folder.starts_with('.') && folder.chars().all(is_plain))
}

/// True for a name of a topic that may stand in the name of a file.
fn is_plain_topic(topic: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_';
    !topic.is_empty() && topic.len() < 60 && !topic.starts_with('.') && topic.bytes().all(is_plain)
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)).ok()
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// `-03:30:00` in milliseconds.
pub(crate) fn offset_ms(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let mut parts = digits.trim_start_matches('+').split(':').map(|part| part.parse::<i64>().ok());
    let hours = parts.next()??;
    let minutes = parts.next().unwrap_or(Some(0))?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = r#"{"Year":2031,"Meetings":[
        {"Key":1,"Name":"Pre-Season Testing","Sessions":[{"Key":-1,"Name":"Practice 1","Path":"2031/x/"}]},
        {"Key":9,"Name":"São Paulo Grand Prix","Location":"São Paulo","Country":{"Code":"BRA","Name":"Brazil"},
         "Circuit":{"ShortName":"Interlagos"},"Sessions":[
            {"Key":93,"Name":"Race","StartDate":"2031-11-09T14:00:00","EndDate":"2031-11-09T16:00:00","GmtOffset":"-03:00:00"},
            {"Key":92,"Name":"Qualifying","StartDate":"2031-11-08T15:00:00","EndDate":"2031-11-08T16:00:00",
             "GmtOffset":"-03:00:00","Path":"2031/2031-11-09_São_Paulo_Grand_Prix/2031-11-08_Qualifying/"},
            {"Key":91,"Name":"Odd","StartDate":"soon","Path":"../../etc/"}]}]}"#;

    #[test]
    fn the_list_is_read_with_its_traps() {
        let year = Year::read(format!("\u{feff}{INDEX}").as_bytes()).unwrap();
        assert_eq!(year.meetings.len(), 1, "a key of -1 is no session");
        let meeting = &year.meetings[0];
        assert_eq!((meeting.country.as_str(), meeting.circuit.as_str()), ("Brazil", "Interlagos"));
        let names: Vec<_> = meeting.sessions.iter().map(|s| (s.name.as_str(), s.path.is_some())).collect();
        assert_eq!(names, [("Odd", false), ("Qualifying", true), ("Race", false)]);
        assert_eq!(meeting.sessions[1].starts_at, "2031-11-08T18:00:00Z".parse().ok());
        assert!(Year::read(b"<html>").is_err() && Year::read(b"{}").is_err());
    }

    #[test]
    fn the_session_that_is_on_is_found_though_the_list_is_stale() {
        let year = Year::read(INDEX.as_bytes()).unwrap();
        let on = |now: &str| year.on_at(now.parse().unwrap()).map(|session| session.name.clone());
        assert_eq!(on("2031-11-08T18:30:00Z").as_deref(), Some("Qualifying"));
        assert_eq!(on("2031-11-08T16:30:00Z").as_deref(), Some("Qualifying"), "moved forward");
        assert_eq!(on("2031-11-08T15:30:00Z"), None);
        assert_eq!(on("2031-11-09T17:30:00Z"), None, "the race is not published");
    }

    #[test]
    fn paths_that_lead_elsewhere_are_none() {
        assert!(is_plain_path("2031/2031-11-09_São_Paulo_Grand_Prix/2031-11-08_Qualifying/"));
        for path in ["", "/", "a", "/a/", "../a/", "a/../b/", "a//b/", "a?b/", "a#b/", "https://x/", "a%2e/", "a\\b/"] {
            assert!(!is_plain_path(path), "{path:?}");
        }
    }

    #[test]
    fn topics_are_plain_names() {
        let feeds = r#"{"Feeds":{"TimingData":{},"CarData.z":{"StreamPath":"x"},"../x":{},".x":{},"a/b":{},"":{}}}"#;
        assert_eq!(Feeds::read(feeds.as_bytes()).unwrap().topics, ["CarData.z", "TimingData"]);
        assert!(Feeds::read(b"[]").is_err());
    }

    #[test]
    fn offsets_are_read() {
        let cases = [("08:00:00", Some(480)), ("-03:30:00", Some(-210)), ("+01", Some(60)), ("x", None), ("", None)];
        for (text, minutes) in cases {
            assert_eq!(offset_ms(text), minutes.map(|minutes| minutes * 60_000), "{text:?}");
        }
    }
}
