//! Inference kernels for generator stages and for chains of convolutions: forward only, without
//! tensors, on one thread.
//!
//! Training uses candle's tensors and [`crate::ops`]. Here, weights are packed once, and images are
//! NHWC with a margin of zeros. A block (convolution, bias, ReLU) writes its output where the next
//! block reads it, next to the pooled inputs. There is no column matrix, no concatenation and no
//! allocation per run. `docs/performance.md` has measurements.
//!
//! ```text
//!     background ──┐                                    ┌── pooled ──┐              ┌── pooled ──┐
//!                  ├─> map ─> 4×4 stride 2, bias, ReLU ─┴──> map ────┴─> … ─> map ──┴──> linear, ReLU, linear ─> Δp
//!     glasses, H ──┘
//! ```
//!
//! The results equal those of [`crate::model::Generator`] up to rounding: sums have another order,
//! Winograd's transforms round, and most layers are quantised to 16-bit integers.

mod block;
mod conv;
mod direct;
mod foreground;
#[allow(unsafe_code)]
mod lanes;
mod linear;
mod map;
mod quantised;
mod separable;
mod stage;
mod stage_map;
mod tile;
mod winograd;

pub use block::{Algorithm, Block, Scratch, WeightType};
pub use conv::{Chain, Conv};
pub use foreground::CanonicalForeground;
pub use lanes::Instructions;
pub(crate) use lanes::{Kernel, Lanes};
pub use map::Map;
pub use separable::SeparableBlock;
pub use stage::{Stage, Workspace, select_algorithm};
pub use stage_map::StageMap;
