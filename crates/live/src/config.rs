//! Which sources a live session comes from, as configured.

use overcut_domain::SourceKind;
use serde::{Deserialize, Serialize};

use crate::signalr::{self, TokenSource};
use crate::{RecorderConfig, SecretError, Source, Tools, archive, openf1, weather};

/// Environment variable of the token of an F1TV subscription; `_FILE` behind it names a file that holds it.
const F1TV_TOKEN: &str = "OVERCUT_F1TV_TOKEN";

/// The `[live]` tables of the configuration: one for each source, and the recorder's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveConfig {
    /// Formula 1's live timing.
    pub signalr: signalr::Config,
    /// The publisher's archive.
    pub archive: archive::Config,
    /// OpenF1.
    pub openf1: openf1::Config,
    /// The weather forecast.
    pub weather: weather::Config,
    /// The recorder.
    pub recorder: RecorderConfig,
}

impl LiveConfig {
    /// The same with all waits that much shorter, for rehearsals that run faster than the session did.
    #[must_use]
    pub fn faster(self, factor: f64) -> LiveConfig {
        LiveConfig {
            signalr: self.signalr.faster(factor),
            archive: self.archive.faster(factor),
            openf1: self.openf1.faster(factor),
            weather: self.weather.faster(factor),
            recorder: self.recorder.faster(factor),
        }
    }

    /// Every source, with its secrets out of the environment.
    ///
    /// # Errors
    ///
    /// If the file of a secret cannot be read.
    pub fn sources(&self) -> Result<Vec<Source>, SecretError> {
        let LiveConfig { signalr, archive, openf1, weather, .. } = self.clone();
        let token = TokenSource::Environment(F1TV_TOKEN.to_owned());
        let account = openf1::Account::from_environment()?;
        Ok(vec![
            Source::new(SourceKind::SignalR, move |tools| {
                signalr::run(signalr.clone(), token.clone(), tools.inbox, tools.status, tools.shutdown)
            }),
            Source::new(SourceKind::Archive, move |tools| {
                archive::run(archive.clone(), tools.inbox, tools.status, tools.session, tools.demand, tools.shutdown)
            }),
            Source::new(SourceKind::OpenF1, move |tools| {
                let Tools { inbox, status, session, demand, shutdown } = tools;
                openf1::run(openf1.clone(), account.clone(), inbox, status, session, demand, shutdown)
            }),
            Source::new(SourceKind::OpenMeteo, move |tools| {
                weather::run(weather.clone(), tools.inbox, tools.status, tools.session, tools.shutdown)
            }),
        ])
    }
}
