//! Decodes JPEG, PNG and WebP files to RGBA pixels.

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod module;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The maximum number of pixels in an image, equal to the library's: 64 megapixels, 256 MB of RGBA.
pub const MAX_PIXELS: u64 = 64_000_000;

/// A decoded image: RGBA8 with straight alpha, rows top to bottom.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width × height × 4` bytes, R, G, B, A for each pixel.
    pub pixels: Vec<u8>,
}

/// The reason why a file cannot be decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An unsupported format, or a corrupt or truncated file; the source error says which.
    #[error("cannot decode the image")]
    Decode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// More than [`MAX_PIXELS`] pixels.
    #[error("an image of {width}×{height} pixels is larger than the limit of {MAX_PIXELS} pixels")]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
}

impl Error {
    /// The error code, equal to the library's for the same error: `decode` or `image-too-large`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(_) => "decode",
            Self::TooLarge { .. } => "image-too-large",
        }
    }
}

fn decode_error(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Decode(cause.into())
}

/// Decodes a JPEG, PNG or WebP file, and applies its EXIF orientation.
///
/// The format is detected from the first bytes. 16-bit samples are rounded to 8 bits, greyscale is
/// expanded to RGB, and an animation gives its first frame. Embedded colour profiles are ignored;
/// samples are taken as sRGB.
///
/// # Errors
/// - [`Error::Decode`] for an unsupported format, or a corrupt or truncated file.
/// - [`Error::TooLarge`] for more than [`MAX_PIXELS`]; checked before memory for the pixels is
///   allocated.
pub fn decode(bytes: &[u8]) -> Result<Image, Error> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(decode_error)?;
    let format = match reader.format() {
        Some(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
        _ => return Err(decode_error("not a JPEG, PNG or WebP file")),
    };
    let mut decoder = reader.into_decoder().map_err(decode_error)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::TooLarge { width, height });
    }
    if format == ImageFormat::Jpeg && !is_complete_jpeg(bytes) {
        return Err(decode_error("the JPEG file is truncated"));
    }
    // Enough for 16-bit RGBA of the largest image.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    decoder.set_limits(limits).map_err(decode_error)?;
    let orientation = decoder.orientation().map_err(decode_error)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(decode_error)?;
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    Ok(Image { width, height, pixels: image.into_raw() })
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}×{})", self.width, self.height)
    }
}

/// Whether the file contains its end-of-image marker.
///
/// The decoder itself would fill missing parts with grey. Walks the segments (ITU-T T.81, annex B),
/// so that the marker of an embedded thumbnail does not count.
fn is_complete_jpeg(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[first, marker]) = bytes.get(at..at + 2) {
        match (first, marker) {
            (0xff, 0xd9) => return true,
            // Fill bytes; within a scan also stuffed zeros, restart markers and coded data.
            (0xff, 0xff) => at += 1,
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, _) => match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
            _ => at += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder, codecs};

    const SIZE: (u32, u32) = (24, 16);

    /// Red on the left, blue on the right. In RGBA, the bottom-right quarter is half transparent.
    fn pixels(channels: usize) -> Vec<u8> {
        let mut data = Vec::new();
        for y in 0..SIZE.1 {
            for x in 0..SIZE.0 {
                let left = x < SIZE.0 / 2;
                let alpha = if !left && y >= SIZE.1 / 2 { 128 } else { 255 };
                data.extend_from_slice(&[if left { 255 } else { 0 }, 0, if left { 0 } else { 255 }, alpha][..channels]);
            }
        }
        data
    }

    fn jpeg() -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
        encoder.write_image(&pixels(3), SIZE.0, SIZE.1, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    fn png() -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = codecs::png::PngEncoder::new(&mut bytes);
        encoder.write_image(&pixels(4), SIZE.0, SIZE.1, ExtendedColorType::Rgba8).unwrap();
        bytes
    }

    fn webp() -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = codecs::webp::WebPEncoder::new_lossless(&mut bytes);
        encoder.write_image(&pixels(4), SIZE.0, SIZE.1, ExtendedColorType::Rgba8).unwrap();
        bytes
    }

    /// Inserts an EXIF segment with this orientation.
    fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
        let length = (exif.len() as u16 + 2).to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    fn pixel(image: &Image, x: u32, y: u32) -> [u8; 4] {
        let at = (y * image.width + x) as usize * 4;
        image.pixels[at..at + 4].try_into().unwrap()
    }

    fn is_red([r, g, b, a]: [u8; 4]) -> bool {
        r > 240 && g < 15 && b < 15 && a == 255
    }

    #[test]
    fn lossless_formats_decode_to_the_exact_pixels() {
        for bytes in [png(), webp()] {
            let expected = Image { width: SIZE.0, height: SIZE.1, pixels: pixels(4) };
            assert_eq!(decode(&bytes).unwrap(), expected);
        }
        let photo = decode(&jpeg()).unwrap();
        assert_eq!((photo.width, photo.height), SIZE);
        assert!(is_red(pixel(&photo, 2, 2)) && !is_red(pixel(&photo, 20, 2)));
    }

    #[test]
    fn the_exif_orientation_is_applied() {
        // The rotation to apply: 1: none, 3: 180°, 6: 90° clockwise, 8: 90° counterclockwise.
        for (orientation, red, blue) in
            [(1, (2, 8), (21, 8)), (3, (21, 8), (2, 8)), (6, (8, 2), (8, 21)), (8, (8, 21), (8, 2))]
        {
            let photo = decode(&oriented(&jpeg(), orientation)).unwrap();
            let turned = orientation > 4;
            assert_eq!((photo.width, photo.height), if turned { (SIZE.1, SIZE.0) } else { SIZE });
            assert!(is_red(pixel(&photo, red.0, red.1)), "orientation {orientation}");
            assert!(!is_red(pixel(&photo, blue.0, blue.1)), "orientation {orientation}");
        }
    }

    #[test]
    fn truncated_files_are_rejected() {
        for bytes in [jpeg(), oriented(&jpeg(), 6), png(), webp()] {
            for length in [0, 1, 8, 20, bytes.len() / 2, bytes.len() - bytes.len() / 8] {
                assert_eq!(decode(&bytes[..length]).unwrap_err().code(), "decode", "{length} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn other_formats_and_noise_are_rejected() {
        assert_eq!(decode(b"GIF89a\x01\0\x01\0\0\0\0;").unwrap_err().code(), "decode");
        assert_eq!(decode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap_err().code(), "decode");
        let noise: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(decode(&noise).unwrap_err().code(), "decode");
    }

    #[test]
    fn a_huge_image_is_rejected_before_memory_is_allocated() {
        let mut bytes = png();
        bytes[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        // The checksum of the header chunk: CRC-32 of its type and content.
        let crc = !bytes[12..29].iter().fold(!0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
        });
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(decode(&bytes).unwrap_err().code(), "image-too-large");
    }
}
