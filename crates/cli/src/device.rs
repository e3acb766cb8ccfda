//! Where tensors live: `cpu`, `cuda:0`.

use anyhow::{Context, Result};
use candle_core::Device;

/// A device's name, checked for its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Cpu,
    Cuda(usize),
}

pub(crate) fn parse(text: &str) -> Result<Name, String> {
    match text.split_once(':') {
        None if text == "cpu" => Ok(Name::Cpu),
        None if text == "cuda" => Ok(Name::Cuda(0)),
        Some(("cuda", number)) => number.parse().map(Name::Cuda).map_err(|_| format!("{number} is no number of a GPU")),
        _ => Err("expected cpu, or cuda:0 and so on".into()),
    }
}

impl Name {
    /// # Errors
    /// Where the program has no CUDA in it, or the machine no such GPU.
    pub(crate) fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(_) if !cfg!(feature = "cuda") => {
                anyhow::bail!("this program was built without CUDA: cargo run --release --features cuda -- train …")
            }
            Self::Cuda(number) => {
                Device::new_cuda(number).with_context(|| format!("cuda:{number} cannot be used on this machine"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices() {
        assert_eq!(parse("cpu"), Ok(Name::Cpu));
        assert_eq!(parse("cuda:1"), Ok(Name::Cuda(1)));
        for wrong in ["gpu", "cuda:", "cuda:x", "cpu:0", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
