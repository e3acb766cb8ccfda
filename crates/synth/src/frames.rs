//! The catalogue: frames designed by the project, one SVG document each in `assets/frames`.
//!
//! Every frame is seen straight from the front. Its drawing fills the document's view box, 1,000 units wide and symmetric
//! about x = 0, so that the bounding box of its opaque pixels is the whole picture and frames are placed by one rule.

use super::render_svg;
use stgan::{Bitmap, Result};

/// A frame of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueFrame {
    /// The file name without its ending: lower case, ASCII.
    pub id: &'static str,
    /// What the frame is called on screen.
    pub name: &'static str,
    /// The family of shapes or materials it stands for, as "round" or "rimless".
    pub kind: &'static str,
    /// One sentence that describes it.
    pub description: &'static str,
    /// The drawing.
    pub svg: &'static str,
}

impl CatalogueFrame {
    /// Draws the frame, `width` pixels wide.
    ///
    /// # Errors
    /// As [`render_svg`]: a width of zero, or one that makes the picture too large.
    pub fn render(&self, width: u32) -> Result<Bitmap> {
        render_svg(self.svg, width)
    }
}

macro_rules! entry {
    ($id:literal, $name:literal, $kind:literal, $description:literal) => {
        CatalogueFrame {
            id: $id,
            name: $name,
            kind: $kind,
            description: $description,
            svg: include_str!(concat!("../assets/frames/", $id, ".svg")),
        }
    };
}

static FRAMES: [CatalogueFrame; 16] = [
    entry!("linden", "Linden", "round", "A round gold wire frame with clear lenses."),
    entry!("orchard", "Orchard", "panto", "A panto of dark tortoiseshell acetate with a keyhole bridge."),
    entry!("harbour", "Harbour", "square", "A trapezoid front of polished black acetate with two rivets a side."),
    entry!("meridian", "Meridian", "aviator", "A gold double-bridge pilot frame with graduated brown lenses."),
    entry!("ledger", "Ledger", "rectangle", "A slim rectangle of midnight blue acetate with steel end plates."),
    entry!("almanac", "Almanac", "browline", "Havana brows over silver wire rims."),
    entry!("quill", "Quill", "half-rim", "A gunmetal half-rim: the lenses hang from a thread."),
    entry!("drizzle", "Drizzle", "rimless", "Rimless rounded rectangles in brushed silver."),
    entry!("sparrow", "Sparrow", "cat-eye", "A cat-eye of cherry acetate, darker above and glowing below."),
    entry!("veranda", "Veranda", "oversized", "Oversized sunglasses of plum acetate with graduated lenses."),
    entry!("glacier", "Glacier", "clear", "A soft square of crystal acetate."),
    entry!("saffron", "Saffron", "tortoise", "A bold rounded square of honey tortoiseshell."),
    entry!("noon", "Noon", "sunglasses", "Black sunglasses with a straight brow and dark green lenses."),
    entry!("hexley", "Hexley", "geometric", "A six-sided rose-gold frame with a breath of pink in the lenses."),
    entry!("skipper", "Skipper", "kids", "A rubbery turquoise frame with coral tips for children."),
    entry!("reef", "Reef", "sport", "Sports glasses with a lime brow and mirrored lenses."),
];

/// All frames, in the order in which they are shown.
pub fn frames() -> &'static [CatalogueFrame] {
    &FRAMES
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::Mutex;

    /// Calls `check` with every frame, drawn 1,000 pixels wide. Two at a time: drawing is most of the work.
    fn each(check: impl Fn(&CatalogueFrame, &Bitmap) + Sync) {
        let waiting = Mutex::new(frames().iter());
        let next = || waiting.lock().unwrap().next();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Some(frame) = next() {
                        check(frame, &frame.render(1000).unwrap());
                    }
                });
            }
        });
    }

    fn alpha(image: &Bitmap, x: u32, y: u32) -> u8 {
        image.data()[(y * image.width() + x) as usize * 4 + 3]
    }

    #[test]
    fn names_are_unique_and_documents_say_them() {
        assert!(frames().len() >= 12);
        let distinct = |of: fn(&CatalogueFrame) -> &'static str| frames().iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|frame| frame.id), frames().len());
        assert_eq!(distinct(|frame| frame.name), frames().len());
        for frame in frames() {
            assert!(frame.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", frame.id);
            assert!(frame.svg.contains(&format!("<title>{}</title>", frame.name)), "{}", frame.id);
            assert!(frame.svg.contains(&format!("<desc>{}</desc>", frame.description)), "{}", frame.id);
        }
    }

    #[test]
    fn a_width_of_zero_is_refused() {
        assert_eq!(frames()[0].render(0).unwrap_err().code(), "argument");
    }

    #[test]
    fn frames_fill_their_pictures_are_symmetric_and_can_be_looked_through() {
        each(|frame, image| {
            let (width, height) = (image.width(), image.height());
            let id = frame.id;
            assert_eq!(width, 1000);
            assert!((200..500).contains(&height), "{id}: {height} pixels high");

            // The bounding box is the picture.
            let found = image.as_ref().bounding_box(26).unwrap();
            assert!(found.x <= 1 && found.x + found.width >= width - 1, "{id}: {found:?}");
            assert!(found.y <= 1 && found.y + found.height >= height - 1, "{id}: {found:?}");

            // The geometry is symmetric; reflections fall the same way on both lenses, so that alpha differs there a little.
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

            // Around the pupils the lens lets light through, and is there nevertheless.
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
