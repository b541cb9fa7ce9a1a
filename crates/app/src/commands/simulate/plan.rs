//! Two plans for one car, as they are written on the command line.

use anyhow::{Context as _, Result, bail, ensure};
use overcut_sim::race::{Plan, PlannedStop, Tyre};

/// Two plans for one car.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The car: its number or three letters.
    pub car: String,
    /// The plans, each as it was written and as it was read.
    pub plans: [(String, Plan); 2],
}

/// Reads `NOR: 18 hard, 36 medium | 22 hard`. Commas are a courtesy; a plan without stops is `stay`.
///
/// # Errors
///
/// If it is not such a question; the message shows one.
pub fn parse(text: &str) -> Result<Question> {
    const WANT: &str = "want a car and two plans, such as \"NOR: 18 hard, 36 medium | 22 hard\"";
    let (car, plans) = text.split_once(':').context(WANT)?;
    let (first, second) = plans.split_once('|').context(WANT)?;
    ensure!(!car.trim().is_empty() && !second.contains('|'), WANT);
    let read = |text: &str| Ok::<_, anyhow::Error>((text.trim().to_owned(), plan(text)?));
    Ok(Question { car: car.trim().to_owned(), plans: [read(first)?, read(second)?] })
}

fn plan(text: &str) -> Result<Plan> {
    let words: Vec<&str> = text.split([' ', ',', '\t']).filter(|word| !word.is_empty()).collect();
    if words == ["stay"] {
        return Ok(Plan::default());
    }
    ensure!(!words.is_empty(), "a plan without stops is written as stay");
    let mut stops: Vec<PlannedStop> = Vec::new();
    for pair in words.chunks(2) {
        let [lap, compound] = pair else {
            bail!("{:?} lacks a tyre: a stop is a lap and a tyre, such as 18 hard", pair[0])
        };
        let lap = lap.parse().ok().filter(|lap| *lap > 0);
        let lap =
            lap.with_context(|| format!("{:?} is no lap: a stop is a lap and a tyre, such as 18 hard", pair[0]))?;
        ensure!(stops.last().is_none_or(|last| last.lap < lap), "the stop of lap {lap} is not after the one before");
        stops.push(PlannedStop { lap, tyre: tyre(compound)? });
    }
    Ok(Plan { start: None, stops })
}

fn tyre(text: &str) -> Result<Tyre> {
    let text = text.to_ascii_lowercase();
    let names = ["soft", "medium", "hard", "intermediate", "wet"];
    let found = names.into_iter().zip(Tyre::ALL).find(|(name, _)| name.starts_with(&text));
    found.map(|(_, tyre)| tyre).with_context(|| format!("no tyre {text:?}; there are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(question) => {
                let stops = |plan: &Plan| {
                    plan.stops.iter().map(|stop| format!("{}{:?}", stop.lap, stop.tyre)).collect::<Vec<_>>().join("+")
                };
                format!("{} {} / {}", question.car, stops(&question.plans[0].1), stops(&question.plans[1].1))
            }
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn reads_questions() {
        let cases = [
            ("NOR: 18 hard, 36 medium | 22 h", "NOR 18Hard+36Medium / 22Hard"),
            ("4:18 hard 36 M|stay", "4 18Hard+36Medium / "),
            ("4: 18 hard", "want a car and two plans, such as \"NOR: 18 hard, 36 medium | 22 hard\""),
            (": 18 hard | stay", "want a car and two plans, such as \"NOR: 18 hard, 36 medium | 22 hard\""),
            ("4: 18 | stay", "\"18\" lacks a tyre: a stop is a lap and a tyre, such as 18 hard"),
            ("4: hard 18 | stay", "\"hard\" is no lap: a stop is a lap and a tyre, such as 18 hard"),
            ("4: 18 rubber | stay", "no tyre \"rubber\"; there are soft, medium, hard, intermediate, wet"),
            ("4: 18 h 18 m | stay", "the stop of lap 18 is not after the one before"),
            ("4: | stay", "a plan without stops is written as stay"),
        ];
        for (text, want) in cases {
            assert_eq!(read(text), want, "{text}");
        }
    }
}
