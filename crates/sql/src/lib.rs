//! SQL over the tables of the data folder: one question, one answer, nothing written.
//!
//! A [`Query`] is text with [`Limits`]; a [`Runner`] answers it. The engine is DataFusion, which bounds most of what a
//! query may use but not all: an operator may compute for minutes without giving way, a function may ask for gigabytes.
//! So a query runs in a process of its own ([`work()`]), which bounds itself, answers once and ends, and which is killed
//! when it is late. Whatever a query does, the program that asked goes on; and the command line and the server, which
//! ask the same way, cannot answer differently.
//!
//! Where the tables lie and what is in them is fixed, what may be asked is the plan's, after the engine has understood it:
//! no list of forbidden words.
#![cfg(feature = "engine")]

mod answer;
mod catalog;
mod engine;
mod fault;
mod limits;
mod query;
mod reading;
mod runner;
mod tables;
mod work;

pub use query::{Answer, Format, Limits, MAX_QUERY_BYTES, Place, Query, QueryError};
pub use runner::Runner;
pub use tables::{ColumnInfo, TableInfo, tables};
pub use work::{answer_here, work};
