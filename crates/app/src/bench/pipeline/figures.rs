//! The figures of the road.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::prepare::Prepared;
use super::{Baseline, Load, Pace, Road};
use crate::bench::figures::{Figure, Reference};

const AIM_SAMPLES: Reference = Reference { value: 500_000.0, what: "aim, on two cores beside the broker" };
const AIM_DELAY: Reference = Reference { value: 100.0, what: "aim, at 50,000 samples/s" };

/// Collects figures about so many samples.
struct Sheet {
    figures: Vec<Figure>,
    n_samples: u64,
}

impl Sheet {
    fn put(&mut self, name: &str, value: f64, unit: &'static str, reference: Option<Reference>, n: u64) {
        let name = format!("pipeline.{name}");
        self.figures.push(Figure { name, value, unit, reference, n, spread: None });
    }

    fn rate(&mut self, name: &str, took: Duration, reference: Option<Reference>) {
        let per_second = self.n_samples as f64 / took.as_secs_f64();
        self.put(&format!("{name}.samples"), per_second, "samples/s", reference, self.n_samples);
    }

    fn cpu(&mut self, name: &str, cpu: Duration) {
        self.put(&format!("{name}.cpu"), cpu.as_secs_f64(), "s of processor time", None, 1);
    }

    /// Delays that were measured here, in microseconds and in order.
    fn delays(&mut self, name: &str, late_us: &[u32]) {
        let Some(last) = late_us.len().checked_sub(1) else { return };
        for (what, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)] {
            let idx = ((late_us.len() as f64 * share) as usize).min(last);
            self.put(
                &format!("{name}.delay_{what}"),
                f64::from(late_us[idx]) / 1000.0,
                "ms",
                None,
                late_us.len() as u64,
            );
        }
    }

    /// Delays that a role counted.
    fn counted(&mut self, name: &str, delays: &Value, aim: Option<Reference>) {
        let n = delays["n"].as_u64().unwrap_or_default();
        for what in ["p50", "p95", "p99", "max"] {
            let ms = delays[format!("{what}_ms")].as_u64().unwrap_or_default() as f64;
            let reference = aim.clone().filter(|_| what == "p99");
            self.put(&format!("{name}.delay_{what}"), ms, "ms", reference, n);
        }
    }
}

/// What was measured, beside the baseline.
pub(super) fn figures(load: &Load, prepared: &Prepared, bare: &Baseline, road: &Road) -> Result<Vec<Figure>> {
    let n_samples = prepared.n_samples;
    let mut sheet = Sheet { figures: Vec::new(), n_samples };
    let [engine, sink, own] = road.cpu;
    if load.pace == Pace::FlatOut {
        sheet.rate("bare.produce", bare.produced.took, None);
        sheet.rate("bare", bare.took, None);
        sheet.rate("produce", road.produced.took, None);
        sheet.rate("engine", road.concluded, None);
        sheet.rate("sink.taken", road.taken, None);
        sheet.rate("sink", road.stored, Some(AIM_SAMPLES));
        let per_sample = prepared.n_values as f64 / n_samples as f64;
        let values = prepared.n_values as f64 / road.stored.as_secs_f64();
        sheet.put("sink.values", values, "values/s", None, prepared.n_values);
        sheet.put("values", per_sample, "values/sample", None, n_samples);
        let share = 100.0 * bare.took.as_secs_f64() / road.stored.as_secs_f64();
        sheet.put("of_bare", share, "% of the samples/s of the baseline", None, 1);
        let per_core = n_samples as f64 / (engine + sink + own).as_secs_f64();
        sheet.put("samples_per_cpu_s", per_core, "samples per s of processor time, all three", None, n_samples);
    } else {
        sheet.put("rate", n_samples as f64 / road.produced.took.as_secs_f64(), "samples/s", None, n_samples);
        sheet.delays("bare", &bare.late_us);
        sheet.delays("produce", &road.produced.late_us);
        sheet.counted("engine.taken", &road.figures[0]["taken_delay"], None);
        sheet.counted("sink.taken", &road.figures[1]["taken_delay"], Some(AIM_DELAY));
        sheet.counted("sink.stored", &road.figures[1]["stored_delay"], None);
        sheet.delays("insight", &road.conclusions.late_us);
    }
    sheet.cpu("bare", bare.cpu);
    sheet.cpu("produce", own);
    sheet.cpu("engine", engine);
    sheet.cpu("sink", sink);
    let out = road.produced.out;
    sheet.put("bytes", out.n_bytes as f64 / n_samples as f64, "B/sample, before compression", None, out.n_messages);
    sheet.put("bytes_per_event", out.n_bytes as f64 / out.n_messages as f64, "B/event", None, out.n_messages);
    for (name, n_behind) in [("engine", road.behind[0]), ("sink", road.behind[1])] {
        sheet.put(&format!("{name}.behind"), n_behind as f64, "events, when the last was told", None, out.n_messages);
    }
    sheet.put("alerts", road.conclusions.n_alerts as f64, "alerts", None, road.conclusions.n_alerts);
    if load.pace != Pace::FlatOut {
        sheet.put("sink.samples", n_samples as f64 / road.stored.as_secs_f64(), "samples/s", None, n_samples);
    }
    Ok(sheet.figures)
}
