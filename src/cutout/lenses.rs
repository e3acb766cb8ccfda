//! What lenses are made of.

/// What the lenses are, as far as a source image tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lenses {
    /// Clear: only reflections are kept.
    Clear,
    /// Tinted or in a gradient: translucent in their own colour.
    Tinted,
    /// Mirrored: reflections hide most of what lies behind.
    Mirrored,
    /// Opaque in a source image with a transparent background, and left so.
    Opaque,
}

impl Lenses {
    /// A short, stable name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Tinted => "tinted",
            Self::Mirrored => "mirrored",
            Self::Opaque => "opaque",
        }
    }
}
