//! Which recording is meant: by id, by the beginning of one, or by words.

use anyhow::{Result, bail};

use super::Entry;
use overcut_domain::slug;

/// Most recordings named in a message.
const MAX_NAMED: usize = 8;

/// Finds the recording that a query means. Entries of one session differ in their id's ending only; the first of them is
/// the one with the plain id.
pub(super) fn find<'a>(entries: &'a [Entry], query: &str) -> Result<&'a Entry> {
    if entries.is_empty() {
        bail!("there are no recordings yet: `overcut import FILE` takes one in, OVERCUT_DATA names a folder with some");
    }
    let id = slug(query);
    if let Some(entry) = entries.iter().find(|entry| entry.id == id) {
        return Ok(entry);
    }
    let by_id: Vec<&Entry> = entries.iter().filter(|entry| !id.is_empty() && entry.id.starts_with(&id)).collect();
    if let Some(entry) = only_session(&by_id) {
        return Ok(entry);
    }
    let words = words_of(query);
    let by_words: Vec<&Entry> = entries.iter().filter(|entry| is_match(entry, &words)).collect();
    // "china sprint" is the sprint, though it would fit the sprint's qualifying as well.
    let by_name: Vec<&Entry> = by_words.iter().copied().filter(|entry| names_session(entry, &words)).collect();
    if let Some(entry) = only_session(&by_words).or_else(|| only_session(&by_name)) {
        return Ok(entry);
    }
    match by_words.is_empty() {
        true => bail!("no recording fits {query:?}{}", suggestions(entries, &words)),
        false => bail!("{query:?} fits several recordings:{}", list(by_words.iter().map(|entry| entry.id.as_str()))),
    }
}

/// The words of a query, with the short forms of the paddock written out.
pub fn words_of(query: &str) -> Vec<String> {
    let query = slug(query);
    let long = query.split('-').map(|word| match word {
        "gp" => "grand-prix".to_owned(),
        "fp1" | "fp2" | "fp3" => format!("practice-{}", &word[2..]),
        "quali" => "qualifying".to_owned(),
        word => word.to_owned(),
    });
    let long: Vec<String> = long.collect();
    long.join("-").split('-').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// True if every word begins a word of what is known of the recording.
pub(super) fn is_match(entry: &Entry, words: &[String]) -> bool {
    let known = known_words(entry);
    words.iter().all(|word| known.iter().any(|known| known.starts_with(word.as_str())))
}

fn known_words(entry: &Entry) -> Vec<String> {
    let title = &entry.title;
    let text =
        [&entry.id, &title.circuit, &title.country, &title.location, &entry.format].map(String::as_str).join(" ");
    slug(&text).split('-').map(str::to_owned).collect()
}

/// The entry with the plain id, if all entries are of one session.
fn only_session<'a>(entries: &[&'a Entry]) -> Option<&'a Entry> {
    let first = entries.first()?;
    let is_alike = entries.iter().all(|entry| entry.title.slug() == first.title.slug());
    is_alike.then(|| entries.iter().copied().min_by_key(|entry| entry.id.len())).flatten()
}

/// True if the words name the session in full.
fn names_session(entry: &Entry, words: &[String]) -> bool {
    let name = slug(&entry.title.name);
    !name.is_empty() && name.split('-').all(|part| words.iter().any(|word| word == part))
}

/// What might have been meant, as the end of a sentence.
fn suggestions(entries: &[Entry], words: &[String]) -> String {
    let mut scored: Vec<(usize, &str)> = entries
        .iter()
        .map(|entry| {
            let known = known_words(entry);
            let n_near = words.iter().filter(|word| known.iter().any(|known| is_near(word, known))).count();
            (n_near, entry.id.as_str())
        })
        .filter(|(n_near, _)| *n_near > 0)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let best = scored.first().map(|(n, _)| *n);
    match best {
        None => "; `overcut sessions` lists what there is".to_owned(),
        Some(_) => {
            format!("; is it one of these?{}", list(scored.iter().filter(|(n, _)| Some(*n) == best).map(|(_, id)| *id)))
        }
    }
}

/// One id a line.
fn list<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.collect();
    let mut text: String = ids.iter().take(MAX_NAMED).map(|id| format!("\n  {id}")).collect();
    if ids.len() > MAX_NAMED {
        text.push_str(&format!("\n  … and {} more", ids.len() - MAX_NAMED));
    }
    text
}

/// True if a word begins another, or is one slip of the finger away from it (two in long words).
pub fn is_near(word: &str, known: &str) -> bool {
    let n_slips = if word.len() > 5 { 2 } else { 1 };
    let is_long_enough = word.len() > 2;
    known.starts_with(word) || is_long_enough && distance(word, known) <= n_slips
}

/// Levenshtein's distance: insertions, deletions and replacements.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
