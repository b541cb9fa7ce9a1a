//! The dashboard's TypeScript types are made from `wire`; this test writes them, or fails when they drifted.

use std::path::Path;

use overcut_server::wire;
use ts_rs::{Config, TS};

/// The TypeScript declaration of one type, with its documentation.
fn declaration<T: TS + 'static + ?Sized>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    let docs = if docs.is_empty() || docs.ends_with('\n') { docs } else { format!("{docs}\n") };
    format!("{docs}export {}\n", T::decl(config))
}

/// Every type of the wire, in an order of their own.
fn module() -> String {
    let config = Config::new().with_large_int("number");
    macro_rules! declarations {
        ($($name:ty),+ $(,)?) => { [$(declaration::<$name>(&config)),+].join("\n") };
    }
    let declarations = declarations![
        wire::Colour,
        wire::SessionSummary,
        wire::Session,
        wire::YellowSector,
        wire::Track,
        wire::Weather,
        wire::Driver,
        wire::Gap,
        wire::TimeCell,
        wire::Sector,
        wire::Speed,
        wire::Part,
        wire::Stewards,
        wire::Car,
        wire::Lap,
        wire::Stint,
        wire::PitStop,
        wire::RaceControl,
        wire::Evidence,
        wire::Alert,
        wire::Radio,
        wire::FeedState,
        wire::FeedGap,
        wire::ForecastStep,
        wire::Forecast,
        wire::Item,
        wire::Mark,
        wire::Clock,
        wire::CarFrame,
        wire::ServerMessage,
        wire::ClientMessage,
        wire::Corner,
        wire::TrackMap,
        wire::Trace,
        wire::SectionDelta,
        wire::Comparison,
        wire::Board,
        wire::Page<u8>,
        wire::WeatherReading,
        wire::CarSample,
        wire::PositionSample,
        wire::TelemetryWindow,
        wire::SessionDetail,
        wire::LiveSample,
        wire::CredentialHealth,
        wire::SourceHealth,
        wire::RecorderHealth,
        wire::FeedHealth,
        wire::LiveHealth,
        wire::Health,
        wire::Problem,
    ];
    let head = "// Made from crates/server/src/wire; do not edit.\n\
                // To make it again: UPDATE_WIRE=1 cargo test -p overcut-server --test wire_types\n";
    let text = format!("{head}\n{declarations}");
    // Block comments of fields come with trailing blanks; the repository has none.
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn typescript_types_are_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/lib/wire/index.ts");
    let made = module();
    if std::env::var_os("UPDATE_WIRE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "web/src/lib/wire/index.ts is stale: run with UPDATE_WIRE=1 and commit it");
}
