//! Pictures of what a simulation says: where each car may finish, and how the race may run.
//!
//! Every picture is drawn once, as SVG; a PNG is that SVG rasterised with the typeface in this program, so that it looks
//! the same on a machine without fonts. The drawing functions know plain numbers only, nothing of the simulator.

mod colour;
mod finish;
mod png;
mod race_trace;
mod svg;

use std::path::Path;

use anyhow::{Context, Result, bail};

pub use finish::{FinishCar, FinishPlot};
pub use race_trace::{Band, RaceTracePlot, TraceCar};

/// Said at the foot of every picture.
pub const SOURCE: &str = "overcut · simulated, unofficial";

/// A picture's format, by the ending of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Scalable, with text as text.
    Svg,
    /// Pixels, two for each unit of the SVG.
    Png,
}

impl Format {
    /// The format that a file's name asks for.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn of(path: &Path) -> Result<Format> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            _ => bail!("{} must end in .svg or .png", path.display()),
        }
    }
}

/// Writes a drawn picture in the format of its file's name.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write(path: &Path, svg: &str) -> Result<()> {
    let bytes = match Format::of(path)? {
        Format::Svg => svg.as_bytes().to_vec(),
        Format::Png => png::rasterise(svg).context("cannot rasterise the picture")?,
    };
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests;
