//! Which session the other tables are of, and how far they have been written.

use std::borrow::Cow;

use overcut_domain::UtcTime;

use super::{Cell, Table, column};

/// A session whose tables are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionRow {
    /// Year; `None` if nothing tells.
    pub season: Option<u16>,
    /// Name of the weekend, such as `Chinese Grand Prix`.
    pub meeting: String,
    /// Name of the session, such as `Sprint`.
    pub name: String,
    /// Circuit.
    pub circuit: String,
    /// Planned start.
    pub starts_at: Option<UtcTime>,
    /// UTC of the session clock's zero, once known.
    pub utc_of_zero: Option<UtcTime>,
    /// `running` while rows may follow, `finished` once its log has ended.
    pub state: &'static str,
    /// How often the session was folded anew because something earlier became known.
    pub revision: u64,
    /// Number of the last event of the session's log that is in the tables.
    pub sequence: u64,
}

/// The session itself: one row.
#[rustfmt::skip] // One column a line reads as the table it is.
pub fn sessions_table() -> Table<SessionRow> {
    use Cell::{Millis, Text, Utc, Whole};
    Table { name: "sessions", key: &[], columns: vec![
        column("season", "Year", Whole(|row| row.season.map(i32::from))),
        column("meeting", "Name of the weekend", Text(|row| text(&row.meeting))),
        column("session", "Name of the session", Text(|row| text(&row.name))),
        column("circuit", "Circuit", Text(|row| text(&row.circuit))),
        column("starts_at", "Planned start", Utc(|row| row.starts_at)),
        column("utc_of_zero", "UTC of the session clock's zero", Utc(|row| row.utc_of_zero)),
        column("state", "running or finished", Text(|row| text(row.state))),
        column("revision", "How often the session was folded anew", Millis(|row| i64::try_from(row.revision).ok())),
        column("sequence", "Number of the last event in the tables", Millis(|row| i64::try_from(row.sequence).ok())),
    ] }
}

fn text(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}
