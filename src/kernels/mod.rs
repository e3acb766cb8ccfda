//! Generator stages for use: forward only, without tensors, as fast as one thread goes.
//!
//! Training keeps candle's tensors and [`crate::ops`]; here the weights are packed once, the images lie as NHWC in planes with
//! zeros around, and a block (convolution, bias, ReLU) writes its output where the next one reads it, beside the pooled
//! inputs. So there is no column matrix, no concatenation and no allocation. `docs/performance.md` has the measurements.
//!
//! ```text
//!     background ──┐                                    ┌── pooled ──┐              ┌── pooled ──┐
//!                  ├─> plane ─> 4×4 stride 2, bias, ReLU ┴──> plane ──┴─> … ─> plane ┴──> linear, ReLU, linear ─> Δp
//!     frame, H ────┘
//! ```
//!
//! The answers are those of [`crate::model::Generator`] up to rounding: sums in another order, Winograd's transforms, and
//! numbers of most layers as 16-bit whole ones.

mod block;
mod conv;
mod direct;
mod glasses;
#[allow(unsafe_code)]
mod lanes;
mod linear;
mod map;
mod quantised;
mod square_map;
mod stage;
mod tile;
mod winograd;

pub use block::{Algorithm, Block, Scratch, WeightType};
pub use conv::{Chain, Conv};
pub use glasses::CanonicalGlasses;
pub use lanes::Instructions;
pub(crate) use lanes::{Kernel, Lanes};
pub use map::Map;
pub use square_map::SquareMap;
pub use stage::{Stage, Workspace, select_algorithm};
