//! A client of one HTTP host: gentle, bounded, and clear about what went wrong.
//!
//! Each source that asks a host has one [`HttpClient`] of it, and everything that asks this host shares it: its clones
//! keep to one [`Window`] of requests together, wait out one `Retry-After`, and leave a host alone together after five
//! failures in a row. What comes back is an [`Answer`] or an [`HttpError`], whose [`Fault`] says what to do about it.
//!
//! Nothing that is printed holds a query, a credential or what the other side wrote.

mod answer;
mod client;
mod error;
mod gate;
mod request;
mod resolve;
mod retry_after;

pub use answer::{Answer, ContentRange, Head, Incoming};
pub use client::{HttpClient, HttpSettings};
pub use error::{Fault, HttpError, Refusal};
pub use gate::Window;
pub use request::{Content, Request};
pub use resolve::Lookup;
