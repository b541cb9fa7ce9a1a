//! An SVG as pixels, with the typeface that this program carries.

use std::sync::Arc;

use anyhow::{Context, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

/// Inter, latin letters, tabular digits; see `assets/fonts/LICENSE.txt`.
const FONTS: [&[u8]; 2] =
    [include_bytes!("../../assets/fonts/Inter-Regular.ttf"), include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")];
/// Pixels for each unit: screens of today have two.
const SCALE: f32 = 2.0;

/// Draws the SVG.
///
/// # Errors
///
/// If it is not one, or too large for a picture.
pub fn rasterise(svg: &str) -> Result<Vec<u8>> {
    let mut fonts = Database::new();
    FONTS.iter().for_each(|font| fonts.load_font_data(font.to_vec()));
    let options = Options { font_family: "Inter".to_owned(), fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("the picture has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("the picture is too large")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}
