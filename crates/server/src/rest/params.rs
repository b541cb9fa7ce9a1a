//! Reading of paths and queries: whatever is missing, unknown or unreadable is a problem with a name.

use axum::extract::{FromRequestParts, rejection::PathRejection};
use axum::http::request::Parts;
use overcut_domain::{DriverNumber, LapNumber, SessionTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::convert;
use crate::problem::problem;
use crate::wire::{Page, Problem};

/// Elements of a page unless asked otherwise.
const DEFAULT_LIMIT: u32 = 100;

/// Most elements of a page.
pub(crate) const MAX_LIMIT: u32 = 5000;

/// Members of the query, each known and readable.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Query(query.0)).map_err(|error| problem("bad-parameter", error.body_text()))
    }
}

/// Parts of the path, each readable.
pub(crate) struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let refuse = |error: PathRejection| problem("bad-parameter", error.body_text());
        path.map(|path| Path(path.0)).map_err(refuse)
    }
}

/// A moment.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct At {
    /// The moment on the session clock, milliseconds; the available head if not given.
    pub t_ms: Option<i32>,
}

/// Which rows of a list. A row's own time is when it began (laps), when the car came in (pit stops) or when it became
/// known (everything else).
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Rows {
    /// As of this moment on the session clock, milliseconds; the available head if not given.
    pub t_ms: Option<i32>,
    /// Rows to skip.
    pub offset: Option<u32>,
    /// Rows to list, 1–5000; 100 if not given.
    pub limit: Option<u32>,
    /// Racing number: rows about this car only.
    pub driver: Option<u16>,
    /// First lap.
    pub from_lap: Option<u16>,
    /// Last lap.
    pub to_lap: Option<u16>,
    /// Rows whose time is not before this, milliseconds.
    pub from_ms: Option<i32>,
    /// Rows whose time is before this, milliseconds.
    pub to_ms: Option<i32>,
}

/// What a row is about, to narrow a list by. A row without the member asked for is left out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    pub driver: Option<DriverNumber>,
    /// First and last lap.
    pub laps: Option<(LapNumber, LapNumber)>,
    pub time: Option<SessionTime>,
}

impl Rows {
    /// Refuses spans that end before they begin.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        page_of(self.offset, self.limit)?;
        let backwards = |name: &str, from: i64, to: i64| {
            Err(problem("out-of-range", format!("from_{name} is {from}, which is after to_{name}, {to}")))
        };
        match (self.from_ms, self.to_ms, self.from_lap, self.to_lap) {
            (Some(from), Some(to), ..) if from > to => backwards("ms", from.into(), to.into()),
            (.., Some(from), Some(to)) if from > to => backwards("lap", from.into(), to.into()),
            _ => Ok(()),
        }
    }

    /// True if a row belongs on the list.
    pub(crate) fn want(&self, about: About) -> bool {
        let driver_fits = self.driver.is_none_or(|driver| about.driver == Some(DriverNumber(driver)));
        let lap_fits = |fits: &dyn Fn(LapNumber, LapNumber) -> bool| about.laps.is_some_and(|(a, b)| fits(a, b));
        let from_fits = self.from_lap.is_none_or(|from| lap_fits(&|_, last| last.0 >= from));
        let to_fits = self.to_lap.is_none_or(|to| lap_fits(&|first, _| first.0 <= to));
        let time_fits = |fits: &dyn Fn(SessionTime) -> bool| about.time.is_some_and(fits);
        let after = self.from_ms.is_none_or(|from| time_fits(&|time| time >= convert::time(from)));
        let before = self.to_ms.is_none_or(|to| time_fits(&|time| time < convert::time(to)));
        driver_fits && from_fits && to_fits && after && before
    }

    /// The page of the rows that belong on the list.
    pub(crate) fn page<R, T>(
        &self,
        rows: impl Iterator<Item = R>,
        about: impl Fn(&R) -> About,
        convert: impl Fn(R) -> T,
    ) -> Result<Page<T>, Problem> {
        self.check()?;
        let wanted = rows.filter(|row| self.want(about(row)));
        paged(wanted, self.offset, self.limit, convert)
    }
}

/// A page of rows.
pub(crate) fn paged<R, T>(
    rows: impl Iterator<Item = R>,
    offset: Option<u32>,
    limit: Option<u32>,
    convert: impl Fn(R) -> T,
) -> Result<Page<T>, Problem> {
    let (offset, limit) = page_of(offset, limit)?;
    let mut page = Page { items: Vec::new(), total: 0, offset, limit };
    for row in rows {
        if page.total >= offset && page.items.len() < limit as usize {
            page.items.push(convert(row));
        }
        page.total = page.total.saturating_add(1);
    }
    Ok(page)
}

/// Offset and limit, checked.
fn page_of(offset: Option<u32>, limit: Option<u32>) -> Result<(u32, u32), Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(problem("out-of-range", format!("limit is {limit}, want 1 to {MAX_LIMIT}")));
    }
    Ok((offset.unwrap_or(0), limit))
}
