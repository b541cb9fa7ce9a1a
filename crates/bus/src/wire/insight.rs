//! Conclusions.

use overcut_domain::{Alert, AlertKind, Evidence, Insight};

use super::change::{driver, lap, lap_pb, time};
use super::enums::Word;
use super::{Wire, WireError, pb, read_all, write_all};

impl Wire for Insight {
    type Pb = pb::Insight;

    fn write(&self) -> pb::Insight {
        let insight = match self {
            Insight::Alert(alert) => pb::insight::Insight::Alert(alert.write()),
        };
        pb::Insight { insight: Some(insight) }
    }

    fn read(pb: pb::Insight) -> Result<Self, WireError> {
        match pb.insight.ok_or(WireError::Missing { what: "the insight" })? {
            pb::insight::Insight::Alert(alert) => Alert::read(alert).map(Insight::Alert),
        }
    }
}

impl Wire for Alert {
    type Pb = pb::Alert;

    fn write(&self) -> pb::Alert {
        pb::Alert {
            kind: self.kind.pb_code(),
            driver: self.driver.0.into(),
            lap: lap_pb(self.lap),
            raised_at_ms: self.raised_at.as_millis(),
            settled_at_ms: self.settled_at.as_millis(),
            waited_ms: self.waited_ms,
            started_at_ms: self.started_at.as_millis(),
            peak_at_ms: self.peak_at.as_millis(),
            ended_at_ms: self.ended_at.map(|time| time.as_millis()),
            distance_m: self.distance_m,
            evidence: write_all(&self.evidence),
            confidence: self.confidence,
            text: self.text.clone(),
        }
    }

    fn read(pb: pb::Alert) -> Result<Self, WireError> {
        Ok(Alert {
            kind: AlertKind::read(pb.kind)?,
            driver: driver(pb.driver)?,
            lap: lap(pb.lap)?,
            raised_at: time(pb.raised_at_ms)?,
            settled_at: time(pb.settled_at_ms)?,
            waited_ms: pb.waited_ms,
            started_at: time(pb.started_at_ms)?,
            peak_at: time(pb.peak_at_ms)?,
            ended_at: pb.ended_at_ms.map(time).transpose()?,
            distance_m: pb.distance_m,
            evidence: read_all(pb.evidence)?,
            confidence: pb.confidence,
            text: pb.text,
        })
    }
}

impl Wire for Evidence {
    type Pb = pb::Evidence;

    fn write(&self) -> pb::Evidence {
        pb::Evidence { what: self.what.clone(), value: self.value, reference: self.reference, unit: self.unit.clone() }
    }

    fn read(pb: pb::Evidence) -> Result<Self, WireError> {
        Ok(Evidence { what: pb.what, value: pb.value, reference: pb.reference, unit: pb.unit })
    }
}
