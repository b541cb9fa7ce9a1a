//! Colours that can be told apart, on a light ground, by everybody.

/// Red, green and blue, 0–255.
type Rgb = [u8; 3];

/// Team colours must stand out this much from the ground (WCAG 2 asks for 3 of graphics).
const MIN_CONTRAST: f64 = 3.0;
/// The ground of the pictures.
const GROUND: Rgb = [252, 252, 251];
/// Where no team colour is known: Okabe and Ito's palette for the colour-blind, darkened where it is too light.
const UNKNOWN: [Rgb; 7] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [86, 160, 205], [180, 130, 0], [60, 60, 60]];

/// Shares above this are all of the darkest shade: few are larger.
pub const DARKEST: f64 = 0.7;

/// The colour of a car's team, darkened until it stands out; one of a fixed palette if the team has none.
pub fn of_team(hex: &str, team_idx: usize) -> String {
    let mut rgb = parse(hex).unwrap_or(UNKNOWN[team_idx % UNKNOWN.len()]);
    while contrast(rgb, GROUND) < MIN_CONTRAST {
        rgb = rgb.map(|channel| (f64::from(channel) * 0.95) as u8);
    }
    css(rgb)
}

/// The shade of a share of 0–1: white to dark blue, lightness falling evenly, so that it survives grey-scale printing and
/// every kind of colour blindness. Square roots bring out what is rare.
pub fn shade(share: f64) -> String {
    css(mix(shade_at(share)))
}

/// The colour of text on that shade.
pub fn on_shade(share: f64) -> &'static str {
    if contrast(mix(shade_at(share)), [255, 255, 255]) > 3.6 { "#ffffff" } else { "#14181f" }
}

/// Stops of the blue scale, light to dark (ColorBrewer's sequential Blues).
const BLUES: [Rgb; 6] =
    [[250, 251, 252], [214, 228, 243], [158, 196, 226], [86, 150, 203], [28, 97, 165], [8, 48, 107]];

fn shade_at(share: f64) -> f64 {
    (share / DARKEST).clamp(0.0, 1.0).sqrt()
}

fn mix(at: f64) -> Rgb {
    let place = at * (BLUES.len() - 1) as f64;
    let idx = (place as usize).min(BLUES.len() - 2);
    let share = place - idx as f64;
    let channel = |i: usize| {
        let (low, high) = (f64::from(BLUES[idx][i]), f64::from(BLUES[idx + 1][i]));
        (low + (high - low) * share).round() as u8
    };
    [channel(0), channel(1), channel(2)]
}

fn parse(hex: &str) -> Option<Rgb> {
    let hex = hex.trim_start_matches('#');
    let is_hex = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    let channel = |i: usize| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
    is_hex.then(|| Some([channel(0)?, channel(2)?, channel(4)?])).flatten()
}

fn css([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Contrast ratio as WCAG 2 defines it, 1–21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_team_stands_out() {
        for hex in ["F47600", "00D7B6", "ffffff", "FFF500", "", "nonsense", "#B6BABD"] {
            let rgb = parse(&of_team(hex, 3)).unwrap();
            assert!(contrast(rgb, GROUND) >= MIN_CONTRAST, "{hex}");
        }
        assert_eq!(of_team("1868DB", 0), "#1868db", "what stands out is left alone");
    }

    #[test]
    fn more_is_darker_and_numbers_can_be_read() {
        let lights: Vec<f64> = (0..=20).map(|i| luminance(mix(shade_at(DARKEST * f64::from(i) / 20.0)))).collect();
        assert!(lights.windows(2).all(|pair| pair[0] > pair[1]), "{lights:?}");
        for i in 0..=100 {
            let share = f64::from(i) / 100.0;
            let text = parse(on_shade(share)).unwrap();
            assert!(contrast(text, mix(shade_at(share))) >= 3.5, "{share}");
        }
    }
}
