//! A small writer of SVG: the few shapes the pictures are made of.

use std::fmt::Write;

/// The picture's ground.
pub const GROUND: &str = "#fcfcfb";
/// Text.
pub const INK: &str = "#14181f";
/// Text of lesser weight.
pub const DIM: &str = "#5d6775";
/// Lines behind the data.
pub const GRID: &str = "#e6e9ee";

/// Which side of its place a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Height of the letters, units.
    pub size: f64,
    /// Colour.
    pub fill: &'a str,
    /// Which side of its place it stands.
    pub anchor: Anchor,
    /// True for semi-bold.
    pub is_strong: bool,
}

/// Ordinary text.
pub const PLAIN: Text<'static> = Text { size: 12.0, fill: INK, anchor: Anchor::Start, is_strong: false };

/// A picture being drawn. Units are CSS pixels.
#[derive(Debug)]
pub struct Svg {
    body: String,
    width: f64,
    height: f64,
}

impl Svg {
    /// An empty picture.
    pub fn new(width: f64, height: f64) -> Svg {
        let mut svg = Svg { body: String::new(), width, height };
        svg.rect(0.0, 0.0, width, height, GROUND);
        svg
    }

    /// A filled rectangle.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.push(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{fill}"/>"#,
            Round(x),
            Round(y),
            Round(width),
            Round(height)
        ));
    }

    /// A straight line.
    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: &str, width: f64) {
        self.push(format_args!(
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{stroke}" stroke-width="{}"/>"#,
            Round(from[0]),
            Round(from[1]),
            Round(to[0]),
            Round(to[1]),
            Round(width)
        ));
    }

    /// A line through points; dashed if `is_dashed`.
    pub fn path(&mut self, points: &[[f64; 2]], stroke: &str, width: f64, is_dashed: bool) {
        let dash = if is_dashed { r#" stroke-dasharray="5 3""# } else { "" };
        self.push(format_args!(
            r#"<path d="{}" fill="none" stroke="{stroke}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="round"{dash}/>"#,
            Points(points),
            Round(width)
        ));
    }

    /// A filled area.
    pub fn area(&mut self, points: &[[f64; 2]], fill: &str, opacity: f64) {
        self.push(format_args!(r#"<path d="{}Z" fill="{fill}" fill-opacity="{}"/>"#, Points(points), Round(opacity)));
    }

    /// A text; `y` is its base line.
    pub fn text(&mut self, x: f64, y: f64, text: &str, style: Text<'_>) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if style.is_strong { r#" font-weight="600""# } else { "" };
        self.push(format_args!(
            r#"<text x="{}" y="{}" font-size="{}" fill="{}"{anchor}{weight}>{}</text>"#,
            Round(x),
            Round(y),
            Round(style.size),
            style.fill,
            escape(text)
        ));
    }

    /// The whole document.
    pub fn finish(self) -> String {
        let (width, height) = (Round(self.width), Round(self.height));
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" "#,
                r#"font-family="Inter, system-ui, sans-serif" style="font-variant-numeric: tabular-nums">"#,
                "\n{body}</svg>\n"
            ),
            w = width,
            h = height,
            body = self.body
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        self.body.write_fmt(element).expect("writing to a string cannot fail");
        self.body.push('\n');
    }
}

/// A coordinate with at most two decimals: more cannot be seen.
struct Round(f64);

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

struct Points<'a>(&'a [[f64; 2]]);

impl std::fmt::Display for Points<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, [x, y]) in self.0.iter().enumerate() {
            write!(f, "{}{} {}", if i == 0 { "M" } else { "L" }, Round(*x), Round(*y))?;
        }
        Ok(())
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
