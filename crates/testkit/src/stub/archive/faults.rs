//! What may go wrong, switched while the server runs.

use std::collections::BTreeMap;
use std::time::Duration;

/// What a request meets with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A status, and perhaps a `Retry-After` as it is sent.
    Status(u16, Option<String>),
    /// 200 with a page of HTML.
    Page,
    /// So many bytes of the body, and then the connection is cut.
    Cut(usize),
    /// The answer comes late.
    Slow(Duration),
    /// The body comes in small pieces with a pause of this length between them.
    Drip(Duration),
    /// Nothing comes, and the connection stays open.
    Silent,
    /// The body has no end.
    Gigantic,
}

/// How a file is written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrite {
    /// With line ends of one byte and without a byte order mark: shorter.
    Shorter,
    /// With its first message twice: longer.
    Longer,
}

/// The switches.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    rules: Vec<Rule>,
    pub(super) ignores_ranges: bool,
    pub(super) is_generating: Option<bool>,
    /// Where the tape was when the file of a topic stalled.
    pub(super) stalled: BTreeMap<String, i64>,
    pub(super) shrunk: BTreeMap<String, usize>,
    pub(super) rewritten: BTreeMap<String, Rewrite>,
}

#[derive(Debug, Clone)]
struct Rule {
    part: String,
    trouble: Trouble,
    n_left: u32,
}

impl Faults {
    pub(super) fn fail(&mut self, part: &str, trouble: Trouble, n_times: u32) {
        self.rules.push(Rule { part: part.to_owned(), trouble, n_left: n_times });
    }

    /// The trouble that a request meets with, which is used up by it.
    pub(super) fn take(&mut self, path: &str) -> Option<Trouble> {
        let rule = self.rules.iter_mut().find(|rule| rule.n_left > 0 && path.contains(&rule.part))?;
        rule.n_left -= 1;
        Some(rule.trouble.clone())
    }
}
