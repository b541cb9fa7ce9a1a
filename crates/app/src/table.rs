//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// An empty table with these column headings, without frames, as wide as its content.
pub fn new(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|h| h.to_uppercase()));
    table
}
