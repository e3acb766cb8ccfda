//! The checksum of a checkpoint: the CRC-32 of the file, in its metadata.
//!
//! It is computed over the file with zeros for its own digits. CRC-32 detects every error of up to
//! 32 adjacent bits, and others with a probability of 1 − 2⁻³².

/// The metadata key.
pub(super) const KEY: &str = "crc32";
/// The value that is replaced by the checksum.
pub(super) const EMPTY: &str = "00000000";

/// Replaces the placeholder in the header of a safetensors file by the checksum. Files without one
/// stay as they are.
pub(super) fn seal(bytes: &mut [u8]) {
    if let Some(at) = position(bytes) {
        let digits = format!("{:08x}", crc32fast::hash(bytes));
        bytes[at..at + EMPTY.len()].copy_from_slice(digits.as_bytes());
    }
}

/// Whether the file has a checksum that matches its bytes.
pub(super) fn is_valid(bytes: &[u8]) -> bool {
    let Some(at) = position(bytes) else { return false };
    let digits = at..at + EMPTY.len();
    let mut hasher = crc32fast::Hasher::new();
    for part in [&bytes[..at], EMPTY.as_bytes(), &bytes[digits.end..]] {
        hasher.update(part);
    }
    bytes[digits] == *format!("{:08x}", hasher.finalize()).as_bytes()
}

/// The position of the digits. Quotes within values of the header are escaped, so that a value
/// cannot contain the searched text.
fn position(bytes: &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let key = format!("\"{KEY}\":\"");
    let at = header.windows(key.len()).position(|window| window == key.as_bytes())? + key.len();
    header.get(at..at + EMPTY.len()).map(|_| length.len() + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_and_every_truncation_is_detected() {
        let header = format!(r#"{{"__metadata__":{{"text":"\"{KEY}\":\"12345678\"","{KEY}":"{EMPTY}"}}}}"#);
        let mut bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[7; 40]].concat();
        assert!(!is_valid(&bytes));
        seal(&mut bytes);
        assert!(is_valid(&bytes));
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_valid(&changed), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(!is_valid(&bytes[..length]), "{length} bytes");
        }
    }
}
