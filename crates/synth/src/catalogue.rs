//! The catalogue: glasses designed by the project, one SVG document each in `assets/glasses`.
//!
//! All glasses are drawn from the front. A drawing fills the view box of its document, which is
//! 1,000 units wide and symmetric about x = 0. The bounding box of the opaque pixels is therefore
//! the whole image, and one rule places every pair of glasses.

use super::render_svg;
use stgan::{Bitmap, Result};

/// A pair of glasses from the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueGlasses {
    /// The file name without its extension: lower-case ASCII letters and hyphens.
    pub id: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The shape or material, such as "round" or "rimless".
    pub kind: &'static str,
    /// A description in one sentence.
    pub description: &'static str,
    /// The SVG document.
    pub svg: &'static str,
}

impl CatalogueGlasses {
    /// Renders the glasses `width` pixels wide, on a transparent background.
    ///
    /// # Errors
    /// The errors of [`render_svg`]: the width is zero, or the image is too large.
    pub fn render(&self, width: u32) -> Result<Bitmap> {
        render_svg(self.svg, width)
    }
}

macro_rules! entry {
    ($id:literal, $name:literal, $kind:literal, $description:literal) => {
        CatalogueGlasses {
            id: $id,
            name: $name,
            kind: $kind,
            description: $description,
            svg: include_str!(concat!("../assets/glasses/", $id, ".svg")),
        }
    };
}

static CATALOGUE: [CatalogueGlasses; 16] = [
    entry!("linden", "Linden", "round", "Round gold wire glasses with clear lenses."),
    entry!("orchard", "Orchard", "panto", "Panto glasses of dark tortoiseshell acetate with a keyhole bridge."),
    entry!("harbour", "Harbour", "square", "A trapezoid front of polished black acetate with two rivets on each side."),
    entry!("meridian", "Meridian", "aviator", "Gold double-bridge aviator glasses with graduated brown lenses."),
    entry!("ledger", "Ledger", "rectangle", "A slim rectangle of midnight blue acetate with steel end plates."),
    entry!("almanac", "Almanac", "browline", "Havana brows over silver wire rims."),
    entry!("quill", "Quill", "half-rim", "A gunmetal half-rim: the lenses hang from a thread."),
    entry!("drizzle", "Drizzle", "rimless", "Rimless rounded rectangles in brushed silver."),
    entry!("sparrow", "Sparrow", "cat-eye", "Cat-eye glasses of cherry acetate, dark above and bright below."),
    entry!("veranda", "Veranda", "oversized", "Oversized sunglasses of plum acetate with graduated lenses."),
    entry!("glacier", "Glacier", "clear", "A soft square of crystal acetate."),
    entry!("saffron", "Saffron", "tortoise", "A bold rounded square of honey tortoiseshell."),
    entry!("noon", "Noon", "sunglasses", "Black sunglasses with a straight brow and dark green lenses."),
    entry!("hexley", "Hexley", "geometric", "Six-sided rose-gold glasses with a hint of pink in the lenses."),
    entry!("skipper", "Skipper", "kids", "Turquoise rubber glasses with coral tips for children."),
    entry!("reef", "Reef", "sport", "Sports glasses with a lime brow and mirrored lenses."),
];

/// All glasses of the catalogue, in display order.
pub fn catalogue() -> &'static [CatalogueGlasses] {
    &CATALOGUE
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::Mutex;

    /// Calls `check` with every pair of glasses, rendered 1,000 pixels wide. Two threads render,
    /// because rendering takes most of the time.
    fn each(check: impl Fn(&CatalogueGlasses, &Bitmap) + Sync) {
        let waiting = Mutex::new(catalogue().iter());
        let next = || waiting.lock().unwrap().next();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Some(glasses) = next() {
                        check(glasses, &glasses.render(1000).unwrap());
                    }
                });
            }
        });
    }

    fn alpha(image: &Bitmap, x: u32, y: u32) -> u8 {
        image.data()[(y * image.width() + x) as usize * 4 + 3]
    }

    #[test]
    fn ids_and_names_are_unique_and_match_the_svg_title_and_description() {
        let all = catalogue();
        assert!(all.len() >= 12);
        let distinct = |of: fn(&CatalogueGlasses) -> &'static str| all.iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|glasses| glasses.id), all.len());
        assert_eq!(distinct(|glasses| glasses.name), all.len());
        for glasses in all {
            assert!(glasses.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", glasses.id);
            assert!(glasses.svg.contains(&format!("<title>{}</title>", glasses.name)), "{}", glasses.id);
            assert!(glasses.svg.contains(&format!("<desc>{}</desc>", glasses.description)), "{}", glasses.id);
        }
    }

    #[test]
    fn rendering_at_width_zero_is_an_argument_error() {
        assert_eq!(catalogue()[0].render(0).unwrap_err().code(), "argument");
    }

    #[test]
    fn glasses_fill_the_image_are_symmetric_and_have_translucent_lenses() {
        each(|glasses, image| {
            let (width, height) = (image.width(), image.height());
            let id = glasses.id;
            assert_eq!(width, 1000);
            assert!((200..500).contains(&height), "{id}: {height} pixels high");

            // The bounding box is the whole image.
            let found = image.as_ref().bounding_box(26).unwrap();
            assert!(found.x <= 1 && found.x + found.width >= width - 1, "{id}: {found:?}");
            assert!(found.y <= 1 && found.y + found.height >= height - 1, "{id}: {found:?}");

            // The geometry is symmetric. Reflections have the same direction on both lenses, so
            // alpha differs a little there.
            let mut different = 0;
            for y in 0..height {
                let edge = (0..width).find(|&x| alpha(image, x, y) >= 26);
                let other = (0..width).find(|&x| alpha(image, width - 1 - x, y) >= 26);
                match (edge, other) {
                    (Some(a), Some(b)) => assert!(a.abs_diff(b) <= 2, "{id}: row {y} begins at {a} and {b}"),
                    (a, b) => assert_eq!(a, b, "{id}: row {y}"),
                }
                different +=
                    (0..width).filter(|&x| alpha(image, x, y).abs_diff(alpha(image, width - 1 - x, y)) > 96).count();
            }
            let share = different as f64 / f64::from(width * height);
            assert!(share < 0.002, "{id}: {share:.4} of the pixels differ between left and right");

            // Around the pupils the lens is neither opaque nor missing.
            for x in [500.0 - 226.5, 500.0 + 226.5] {
                let (mut sum, mut count) = (0.0, 0.0);
                for dy in 0..height / 8 {
                    for dx in 0..60 {
                        sum += f64::from(alpha(image, x as u32 - 30 + dx, height / 2 + dy));
                        count += 1.0;
                    }
                }
                let through = sum / count / 255.0;
                assert!((0.01..0.97).contains(&through), "{id}: lens alpha {through:.2} at x = {x}");
            }
        });
    }
}
