//! Drawing by way of SVG: lines and text, with a font of the program's own, since a training machine may have none.

use crate::files::write_atomically;
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use stgan::{Bitmap, Error, Result};

/// Text and lines.
pub const INK: &str = "#24292f";
pub const GREY: &str = "#6b737c";
pub const FAINT: &str = "#dfe3e7";

#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, Copy, Default)]
pub enum Dash {
    #[default]
    Solid,
    Dashed,
    Dotted,
}

/// How a line looks.
#[derive(Clone)]
pub struct Stroke {
    pub colour: String,
    pub width: f64,
    pub opacity: f64,
    pub dash: Dash,
}

impl Stroke {
    pub fn new(colour: &str, width: f64) -> Self {
        Self { colour: colour.to_owned(), width, opacity: 1.0, dash: Dash::Solid }
    }

    pub fn dash(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    pub fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    fn attributes(&self) -> String {
        let dash = match self.dash {
            Dash::Solid => "",
            Dash::Dashed => r#" stroke-dasharray="7 4""#,
            Dash::Dotted => r#" stroke-dasharray="1.5 3.5""#,
        };
        let Self { colour, width, opacity, .. } = self;
        format!(
            r#"fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}" stroke-linejoin="round"{dash}"#
        )
    }
}

/// A white sheet; pixels, x to the right, y down. Coordinates are finite: callers see to it.
pub struct Canvas {
    width: u32,
    height: u32,
    body: String,
    clips: usize,
}

impl Canvas {
    pub fn new(width: u32, height: u32) -> Self {
        let body = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif"><rect width="{width}" height="{height}" fill="#fff"/>"##
        );
        Self { width, height, body, clips: 0 }
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: &str) {
        self.add(format_args!(r#"<circle cx="{x:.2}" cy="{y:.2}" r="{radius}" fill="{fill}"/>"#));
    }

    pub fn line(&mut self, points: &[(f64, f64)], stroke: &Stroke) {
        self.body.push_str("<path d=\"");
        for (i, (x, y)) in points.iter().enumerate() {
            self.add(format_args!("{}{x:.2} {y:.2}", if i == 0 { 'M' } else { 'L' }));
        }
        self.add(format_args!("\" {}/>", stroke.attributes()));
    }

    /// `y` is the base line.
    pub fn text(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, colour: &str, text: &str) {
        self.turned((x, y), 0.0, size, anchor, colour, text);
    }

    /// Text turned about its point, in degrees clockwise.
    pub fn turned(&mut self, (x, y): (f64, f64), turn: f64, size: f64, anchor: Anchor, colour: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        // The font is a light one: a thin outline brings it to the weight of body text.
        self.add(format_args!(
            r#"<text transform="translate({x:.2} {y:.2}) rotate({turn})" font-size="{size}" text-anchor="{anchor}" fill="{colour}" stroke="{colour}" stroke-width="{:.2}" xml:space="preserve">"#,
            size * 0.025
        ));
        for c in text.chars() {
            match c {
                '<' => self.body.push_str("&lt;"),
                '&' => self.body.push_str("&amp;"),
                c if c.is_control() => self.body.push(' '),
                c => self.body.push(c),
            }
        }
        self.body.push_str("</text>");
    }

    /// What `draw` draws outside of the rectangle is not seen.
    pub fn clipped(&mut self, [x, y, width, height]: [f64; 4], draw: impl FnOnce(&mut Self)) {
        self.clips += 1;
        let id = self.clips;
        self.add(format_args!(
            r##"<clipPath id="c{id}"><rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}"/></clipPath><g clip-path="url(#c{id})">"##
        ));
        draw(self);
        self.body.push_str("</g>");
    }

    /// # Errors
    /// [`Error::ImageTooLarge`] beyond the limit of [`Bitmap`].
    pub fn render(mut self) -> Result<Bitmap> {
        self.body.push_str("</svg>");
        let mut image = Bitmap::transparent(self.width, self.height)?;
        let too_large = Error::ImageTooLarge { width: self.width, height: self.height, limit: stgan::MAX_PIXELS };
        let options = Options { fontdb: FONTS.clone(), ..Options::default() };
        let tree = Tree::from_str(&self.body, &options).map_err(|error| Error::Decode(error.to_string()))?;
        let mut pixmap = Pixmap::new(self.width, self.height).ok_or(too_large)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        // The sheet is opaque: premultiplied pixels are straight ones.
        image.data_mut().copy_from_slice(pixmap.data());
        Ok(image)
    }

    fn add(&mut self, text: std::fmt::Arguments) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(text);
    }
}

/// About how wide text is: enough to decide whether it fits.
pub fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.53
}

/// Writes an opaque image as PNG, beside its place and renamed.
///
/// # Errors
/// [`crate::Error::Io`].
pub fn write_png(path: &Path, image: &Bitmap) -> crate::Result<()> {
    let rgb: Vec<u8> = image.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&rgb, image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|error| crate::Error::unreadable(path, "it cannot be encoded as PNG", error))?;
    write_atomically(path, &bytes)
}

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    // The second has the letters that the first lacks, such as those of ‖Δp‖.
    for font in [epaint_default_fonts::UBUNTU_LIGHT, epaint_default_fonts::HACK_REGULAR] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    let family = fonts.faces().next().and_then(|face| face.families.first()).map(|(name, _)| name.clone());
    fonts.set_sans_serif_family(family.unwrap_or_default());
    Arc::new(fonts)
});
