//! Rasterisation of SVG documents with `resvg`.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use stgan::{Bitmap, Error, MAX_PIXELS, Result};

/// Renders an SVG document `width` pixels wide.
///
/// The height follows from the aspect ratio of the document and is rounded to whole pixels.
/// Unpainted areas are transparent.
///
/// # Errors
/// - [`Error::Argument`] if `width` is zero.
/// - [`Error::Decode`] if `svg` is not an SVG document.
/// - [`Error::ImageTooLarge`] if the image would have more than [`MAX_PIXELS`] pixels.
pub fn render_svg(svg: &str, width: u32) -> Result<Bitmap> {
    if width == 0 {
        return Err(Error::argument("width", width, "at least 1 pixel"));
    }
    let tree = Tree::from_str(svg, &Options::default()).map_err(Error::decode)?;
    let size = tree.size();
    let height = (f64::from(width) * f64::from(size.height()) / f64::from(size.width())).round().max(1.0) as u32;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::ImageTooLarge { width, height, limit: MAX_PIXELS });
    }
    let mut pixmap = Pixmap::new(width, height).ok_or(Error::ImageTooLarge { width, height, limit: MAX_PIXELS })?;
    let scale = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    let mut data = pixmap.take();
    unpremultiply(&mut data);
    Bitmap::new(width, height, data)
}

/// Converts premultiplied RGBA to straight RGBA, in place.
fn unpremultiply(data: &mut [u8]) {
    for pixel in data.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        if alpha != 0 && alpha != 255 {
            for value in &mut pixel[..3] {
                *value = ((u32::from(*value) * 255 + alpha / 2) / alpha).min(255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2">
        <rect width="2" height="2" fill="#c08040" fill-opacity="0.5"/></svg>"##;

    #[test]
    fn colours_are_not_premultiplied_and_the_height_follows_the_aspect_ratio() {
        let image = render_svg(HALF, 8).unwrap();
        assert_eq!((image.width(), image.height()), (8, 4));
        let pixel = &image.data()[..4];
        for (found, wanted) in pixel.iter().zip([0xc0, 0x80, 0x40, 128u8]) {
            assert!(found.abs_diff(wanted) <= 1, "{pixel:?}");
        }
        assert_eq!(&image.data()[7 * 4..8 * 4], [0; 4]);
    }

    #[test]
    fn invalid_documents_and_sizes_are_errors() {
        assert_eq!(render_svg("<svg", 8).unwrap_err().code(), "decode");
        assert_eq!(render_svg("no markup", 8).unwrap_err().code(), "decode");
        assert_eq!(render_svg(HALF, 0).unwrap_err().code(), "argument");
        assert_eq!(render_svg(HALF, 60_000).unwrap_err().code(), "image-too-large");
    }
}
