//! How many rows of telemetry a second each store takes: one car's worth of batches for twenty-two cars.
//!
//! `DATABASE_URL=postgres://… cargo run --release -p overcut-warehouse --features postgres --example write_rate`

use std::error::Error;
use std::time::{Duration, Instant};

use overcut_domain::{CarSample, DriverNumber, LapNumber, PositionSample, SessionTime, UtcTime};
use overcut_store::{SessionRow, TelemetryRow};
use overcut_warehouse::{Batch, ParquetFolder, Rows, SessionId, TelemetrySpan, Warehouse};

const CARS: u16 = 22;
/// Rows of a car in a race: two hours with a row every 130 ms.
const ROWS_PER_CAR: u32 = 55_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("overcut-write-rate-{}", std::process::id()));
    measure(&ParquetFolder::new(&folder, Duration::MAX), 1)?;
    std::fs::remove_dir_all(&folder)?;
    #[cfg(feature = "postgres")]
    if let Ok(url) = std::env::var("DATABASE_URL") {
        let store = overcut_warehouse::Postgres::new(&url)?;
        for n_batches in [1, 100] {
            measure(&store, n_batches)?;
        }
    }
    Ok(())
}

fn measure(store: &dyn Warehouse, n_batches: u32) -> Result<(), Box<dyn Error>> {
    let session: SessionId = "write-rate".parse()?;
    store.prepare()?;
    store.forget(&session)?;
    let batches: Vec<Batch> = (0..n_batches).map(|n| batch(n, n_batches)).collect();
    let n_rows: usize = batches.iter().map(|batch| batch.rows.count(|_| true)).sum();
    let begun = Instant::now();
    for batch in &batches {
        store.write(&session, batch)?;
    }
    store.finish(&session)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}: {n_rows} rows in {n_batches} batches: {:.0} rows/s", store.name(), n_rows as f64 / seconds);
    Ok(store.forget(&session)?)
}

fn batch(n: u32, n_batches: u32) -> Batch {
    let (first, last) = (ROWS_PER_CAR * n / n_batches, ROWS_PER_CAR * (n + 1) / n_batches);
    let span = |car| {
        let rows: Vec<TelemetryRow> = (first..last).map(|n| row(DriverNumber(car), n)).collect();
        TelemetrySpan { driver: DriverNumber(car), since: SessionTime::from_millis(i64::from(first) * 130), rows }
    };
    let session = SessionRow {
        season: Some(2026),
        utc_of_zero: Some(UtcTime::from_millis(1_773_456_000_000)),
        sequence: u64::from(n) + 1,
        ..SessionRow::default()
    };
    Batch { session, after: u64::from(n), rows: Rows { telemetry: (1..=CARS).map(span).collect(), ..Rows::default() } }
}

fn row(driver: DriverNumber, n: u32) -> TelemetryRow {
    let time = SessionTime::from_millis(i64::from(n) * 130);
    let car = CarSample {
        time,
        driver,
        rpm: Some(9000 + (n % 3000) as u16),
        speed_kmh: Some((n % 330) as u16),
        gear: Some((n % 8) as i8 + 1),
        throttle_percent: Some((n % 101) as u8),
        brake_percent: Some(0),
        drs: None,
    };
    let place = PositionSample { time, driver, x_dm: n as i32, y_dm: -(n as i32), z_dm: 7, on_track: true };
    let (car, position) = if n.is_multiple_of(2) { (Some(car), None) } else { (None, Some(place)) };
    TelemetryRow { time, driver, lap: Some(LapNumber((n / 700) as u16 + 1)), car, position }
}
