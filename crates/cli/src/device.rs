//! The device for tensors: `cpu`, `cuda:0`, `cuda:1` and so on.

use anyhow::{Context, Result};
use candle_core::Device;

/// The name of a device. It is parsed but not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceName {
    Cpu,
    Cuda(usize),
}

pub(crate) fn parse(text: &str) -> Result<DeviceName, String> {
    match text.split_once(':') {
        None if text == "cpu" => Ok(DeviceName::Cpu),
        None if text == "cuda" => Ok(DeviceName::Cuda(0)),
        Some(("cuda", index)) => {
            index.parse().map(DeviceName::Cuda).map_err(|_| format!("invalid GPU index `{index}`"))
        }
        _ => Err("expected cpu, cuda:0, cuda:1 and so on".into()),
    }
}

impl DeviceName {
    /// Opens the device.
    ///
    /// # Errors
    /// If the program was built without CUDA, or if the machine has no such GPU.
    pub(crate) fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(_) if !cfg!(feature = "cuda") => {
                anyhow::bail!("this program was built without CUDA; build it with --features cuda")
            }
            Self::Cuda(index) => Device::new_cuda(index).with_context(|| format!("cannot open GPU cuda:{index}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_are_parsed_and_invalid_ones_rejected() {
        assert_eq!(parse("cpu"), Ok(DeviceName::Cpu));
        assert_eq!(parse("cuda:1"), Ok(DeviceName::Cuda(1)));
        for wrong in ["gpu", "cuda:", "cuda:x", "cpu:0", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
