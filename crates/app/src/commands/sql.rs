//! `overcut sql`: a question in SQL over the tables of the data folder.

use std::io::{self, Read, Write};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use comfy_table::CellAlignment;
use overcut_server::wire::SqlRows;
use overcut_sql::{Answer, Format, MAX_QUERY_BYTES, Query, QueryError};
use serde_json::Value;

use super::Context;
use crate::cli::SqlArguments;
use crate::config::Config;
use crate::output::{out, say};
use crate::{sql, table};

/// Answers a question, or lists the tables.
pub fn sql(context: &Context, arguments: &SqlArguments) -> Result<()> {
    let Some(query) = &arguments.query else { return list(arguments.json) };
    let text = if query == "-" { read_query()? } else { query.clone() };
    let answer = ask(&context.config, arguments, &text)?;
    if arguments.json || arguments.csv {
        io::stdout().lock().write_all(&answer.body)?;
    } else {
        let rows = serde_json::from_slice(&answer.body).context("cannot read the answer")?;
        out!("{}", shown(&rows));
    }
    match &answer {
        Answer { n_rows: 0, .. } => say!("no rows"),
        Answer { is_truncated: true, n_rows, .. } => say!("the first {n_rows} rows; --limit shows more"),
        Answer { .. } => {}
    }
    Ok(())
}

fn read_query() -> Result<String> {
    let mut text = String::new();
    // One byte more than allowed tells that it is too long.
    io::stdin().take(MAX_QUERY_BYTES as u64 + 1).read_to_string(&mut text).context("cannot read the query")?;
    Ok(text)
}

fn ask(config: &Config, arguments: &SqlArguments, text: &str) -> Result<Answer> {
    // Whoever sits at the machine may ask for more than the configuration gives to the network.
    let mut limits = config.sql.limits();
    limits.n_rows = arguments.limit.map_or(Ok(limits.n_rows), usize::try_from)?;
    limits.time = arguments.timeout.map_or(limits.time, |seconds| Duration::from_secs(seconds.into()));
    let format = if arguments.csv { Format::Csv } else { Format::Json };
    let query = Query { text: text.to_owned(), format, limits };
    let runner = sql::runner(config)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(runner.ask(query)).map_err(|error| anyhow!("{error}{}", pointer(text, &error)))
}

/// The line of the query that an error is about, with a mark below the place.
fn pointer(text: &str, error: &QueryError) -> String {
    let QueryError::Invalid { place: Some(place), .. } = error else { return String::new() };
    let nth = |n: u32| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(line) = text.lines().nth(nth(place.line)) else { return String::new() };
    let indent: String = line.chars().take(nth(place.column)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    format!("\n\n  {line}\n  {indent}^")
}

/// Rows for people.
fn shown(rows: &SqlRows) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(rows.columns.iter().map(|column| &column.name));
    for row in &rows.rows {
        table.add_row(row.iter().map(cell));
    }
    for (column, shown) in rows.columns.iter().zip(table.column_iter_mut()) {
        if ["integer", "number"].contains(&column.type_name.as_str()) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A value for people: fractions to the thousandth, and text as harmless as it should be, for a recording may hold any.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(|c: char| c.is_control() && c != '\n', " "),
        Value::Number(number) if number.is_f64() => fraction(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn fraction(number: f64) -> String {
    match (number * 1000.0).round() / 1000.0 {
        0.0 => number.to_string(),
        rounded => rounded.to_string(),
    }
}

fn list(as_json: bool) -> Result<()> {
    let tables = sql::tables();
    if as_json {
        out!("{}", serde_json::to_string_pretty(&tables)?);
        return Ok(());
    }
    for info in tables {
        let mut columns = table::new(&[&info.name, "type", "what"]);
        for column in info.columns {
            columns.add_row([column.name, column.type_name, column.about]);
        }
        out!("{columns}\n");
    }
    Ok(())
}
