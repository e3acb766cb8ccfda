//! The size of images.

/// Height and width of images in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageSize {
    /// The number of pixels.
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// The side of a square; `None` if height and width differ.
    pub fn side(self) -> Option<usize> {
        (self.height == self.width).then_some(self.height)
    }

    /// The size after a convolution at stride 2: both sides halved, rounded up.
    pub(crate) fn halved(self) -> Self {
        Self { height: self.height.div_ceil(2), width: self.width.div_ceil(2) }
    }

    /// Parses the text of [`ImageSize`]'s `Display`: a side, or height and width as in `60x80`.
    /// `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('x') {
            Some((height, width)) => Some(Self { height: height.parse().ok()?, width: width.parse().ok()? }),
            None => text.parse::<usize>().ok().map(Self::from),
        }
    }
}

/// A square.
impl From<usize> for ImageSize {
    fn from(side: usize) -> Self {
        Self { height: side, width: side }
    }
}

impl std::fmt::Display for ImageSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.side() {
            Some(side) => side.fmt(f),
            None => write!(f, "{}x{}", self.height, self.width),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_survive_their_text() {
        for size in [ImageSize::from(72), ImageSize { height: 60, width: 80 }] {
            assert_eq!(ImageSize::parse(&size.to_string()), Some(size));
        }
        assert_eq!(ImageSize::from(72).to_string(), "72");
        for text in ["", "x", "60x", "60×80", "-3", "1x2x3"] {
            assert_eq!(ImageSize::parse(text), None, "{text}");
        }
    }
}
