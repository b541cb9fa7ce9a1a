//! What went wrong, for the person who asked: in few words, with the place, with the names that were perhaps meant.

use datafusion::common::{Column, SchemaError, TableReference};
use datafusion::error::DataFusionError;

use crate::query::{Limits, Place, QueryError};
use crate::tables::tables;

/// What is known where an error came up.
pub(crate) struct Fault<'a> {
    pub text: &'a str,
    pub limits: &'a Limits,
    /// A table that the query names and that is not there.
    pub unknown_table: Option<TableReference>,
}

/// An error of the engine as one of ours.
pub(crate) fn query_error(error: DataFusionError, fault: Fault<'_>) -> QueryError {
    let place = place(&error, fault.text);
    match (error.find_root(), fault.unknown_table) {
        (DataFusionError::ResourcesExhausted(_), _) => QueryError::TooMuchMemory(fault.limits.memory_bytes),
        (DataFusionError::SchemaError(schema, _), _) => schema_error(schema, place),
        (root, Some(name)) => {
            let place = place.filter(|_| matches!(root, DataFusionError::Plan(_)));
            let known = tables().into_iter().map(|table| table.name).collect();
            QueryError::unknown(format!("there is no table {:?}", name.to_string()), place, name.table(), known)
        }
        (DataFusionError::SQL(..) | DataFusionError::Plan(_) | DataFusionError::NotImplemented(_), None) => {
            QueryError::invalid(words(&error), place)
        }
        _ => QueryError::Failed(words(&error)),
    }
}

fn schema_error(error: &SchemaError, place: Option<Place>) -> QueryError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let mut known: Vec<_> = valid_fields.iter().map(Column::name).map(str::to_owned).collect();
            known.sort_unstable();
            known.dedup();
            QueryError::unknown(format!("there is no column {:?}", field.flat_name()), place, field.name(), known)
        }
        SchemaError::AmbiguousReference { field } => {
            let message = format!("column {:?} is ambiguous, because more than one table has it", field.flat_name());
            QueryError::invalid(message, place)
        }
        other => QueryError::invalid(other.to_string(), place),
    }
}

/// The message of an error without the kinds that the engine puts in front, in one line.
fn words(error: &DataFusionError) -> String {
    let text = match error.find_root() {
        DataFusionError::SQL(error, _) => error.to_string(),
        other => other.message().into_owned(),
    };
    let text = text.trim_start_matches("sql parser error: ");
    // The place is told apart.
    let text = text.split(" at Line: ").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where in the text an error is, as far as the engine says it.
fn place(error: &DataFusionError, text: &str) -> Option<Place> {
    let told = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let told = told.and_then(|span| {
        Some(Place { line: span.start.line.try_into().ok()?, column: span.start.column.try_into().ok()? })
    });
    let place = told.or_else(|| parser_place(&error.to_string()))?;
    let n_lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
    // A place past the end is the parser's word for "the text ends too early".
    (place.line >= 1 && place.line <= n_lines).then_some(place)
}

/// The place that the parser puts into its message.
fn parser_place(message: &str) -> Option<Place> {
    let (_, rest) = message.split_once(" at Line: ")?;
    let (line, rest) = rest.split_once(", Column: ")?;
    let column: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
}
