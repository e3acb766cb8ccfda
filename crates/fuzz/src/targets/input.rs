//! Values read from the bytes of an input.

use stgan::Placement;

/// Reads values from bytes; zeros after their end.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl Input<'_> {
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let (head, rest) = self.0.split_at(self.0.len().min(N));
        bytes[..head.len()].copy_from_slice(head);
        self.0 = rest;
        bytes
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }

    /// A number: any bits, an odd value, or a value of a usual size.
    pub(super) fn number(&mut self) -> f64 {
        const ODD: [f64; 12] = [
            0.0,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            1e6,
            -1e6,
            1e-12,
            1e12,
        ];
        match self.byte() {
            0..16 => f64::from_bits(u64::from_le_bytes(self.bytes())),
            kind @ 16..48 => ODD[usize::from(kind) % ODD.len()],
            kind => {
                let value = f64::from(i16::from_le_bytes(self.bytes()));
                value * [1.0, 1e-4, 0.05, 30.0][usize::from(kind) % 4]
            }
        }
    }

    pub(super) fn numbers<const N: usize>(&mut self) -> [f64; N] {
        std::array::from_fn(|_| self.number())
    }

    /// A length: mostly small, sometimes of any size.
    pub(super) fn length(&mut self) -> u32 {
        match self.byte() {
            0..200 => u32::from(self.byte()) % 160,
            200..250 => u32::from(u16::from_le_bytes(self.bytes())),
            _ => u32::from_le_bytes(self.bytes()),
        }
    }

    pub(super) fn placement(&mut self) -> Placement {
        let [x, y, width, rotation] = self.numbers();
        Placement { x, y, width, rotation }
    }

    /// The remaining bytes as the pixels of an image, repeated as often as necessary.
    pub(super) fn image(&mut self, width: u32, height: u32) -> Vec<u8> {
        let source = if self.0.is_empty() { &[0] } else { self.0 };
        source.iter().copied().cycle().take(4 * width as usize * height as usize).collect()
    }
}
