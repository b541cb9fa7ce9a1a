//! The pictures are drawn from made-up numbers, checked for what must be in them, and rasterised.

use super::*;

fn finish_plot(n_cars: usize) -> FinishPlot {
    let car = |idx: usize| {
        let weights: Vec<f64> = (0..n_cars).map(|p| (-(p as f64 - idx as f64).powi(2) / 8.0).exp() + 0.01).collect();
        let sum: f64 = weights.iter().sum();
        let places: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        let mean = places.iter().enumerate().map(|(p, share)| (p + 1) as f64 * share).sum();
        let tla = format!("C{idx:02}");
        let colour = if idx.is_multiple_of(3) { "00D7B6".to_owned() } else { String::new() };
        FinishCar {
            tla,
            note: format!("P{}", idx + 1),
            colour,
            team_idx: idx / 2,
            places,
            mean,
            points: 25.0 / (idx + 1) as f64,
            dnf: 0.07,
        }
    };
    FinishPlot {
        title: "Porto Alto – from the grid".to_owned(),
        subtitle: "10 000 runs of 57 laps · <seed 1>".to_owned(),
        cars: (0..n_cars).map(car).collect(),
    }
}

fn trace_plot(n_cars: usize) -> RaceTracePlot {
    let car = |idx: usize| {
        let median = |lap: u16| {
            -(idx as f64) * 0.35 * f64::from(lap) - idx as f64 - if lap > 20 + idx as u16 % 9 { 20.0 } else { 0.0 }
        };
        let band = |lap: u16| {
            let (m, w) = (median(lap), 0.25 * f64::from(lap));
            Band { median: m, half: [m - w, m + w], most: [m - 2.0 * w, m + 2.0 * w] }
        };
        TraceCar {
            tla: format!("C{idx:02}"),
            colour: String::new(),
            team_idx: idx / 2,
            is_second: idx % 2 == 1,
            has_bands: idx < 3,
            ahead_s: (0..=57).map(band).collect(),
            place: (0..=57).map(|_| (idx + 1) as f64).collect(),
        }
    };
    RaceTracePlot {
        title: "Porto Alto – from the grid".to_owned(),
        subtitle: "10 000 runs".to_owned(),
        reference: "a lap of 1:30.000".to_owned(),
        from_lap: 0,
        to_lap: 57,
        cars: (0..n_cars).map(car).collect(),
    }
}

#[test]
fn a_picture_says_what_it_is() {
    let finish = finish_plot(22).draw();
    for text in ["Porto Alto – from the grid", "&lt;seed 1&gt;", "C00", "C21", SOURCE, ">22</text>"] {
        assert!(finish.contains(text), "{text}");
    }
    let trace = trace_plot(20).draw();
    for text in ["lap of 1:30.000", "mean place while running", "C19", SOURCE, "stroke-dasharray"] {
        assert!(trace.contains(text), "{text}");
    }
}

#[test]
fn the_same_numbers_draw_the_same_bytes() {
    assert_eq!(finish_plot(20).draw(), finish_plot(20).draw());
    let folder = tempfile::tempdir().unwrap();
    let write_to = |name: &str| {
        let path = folder.path().join(name);
        write(&path, &trace_plot(20).draw()).unwrap();
        std::fs::read(&path).unwrap()
    };
    let png = write_to("a.png");
    assert!(png.starts_with(b"\x89PNG"));
    assert_eq!(png, write_to("b.PNG"));
    assert!(write_to("a.svg").starts_with(b"<svg"));
    assert!(write(&folder.path().join("a.pdf"), "").unwrap_err().to_string().contains("must end in .svg or .png"));
}

#[test]
fn a_picture_of_one_car_and_one_lap_is_still_one() {
    let mut trace = trace_plot(1);
    (trace.from_lap, trace.to_lap) = (57, 57);
    trace.cars[0].ahead_s.truncate(1);
    trace.cars[0].place.truncate(1);
    assert!(!trace.draw().contains("NaN"));
    assert!(!finish_plot(1).draw().contains("NaN"));
}

/// Letters must be there: a rasteriser without its typeface leaves them out without a word.
#[test]
fn text_is_rasterised() {
    let ground = png::rasterise(&svg::Svg::new(200.0, 40.0).finish()).unwrap();
    let mut svg = svg::Svg::new(200.0, 40.0);
    svg.text(10.0, 25.0, "P1 – 57", svg::PLAIN);
    assert!(png::rasterise(&svg.finish()).unwrap().len() > ground.len() + 100);
}
