//! Inference: a cascade whose stages run as [`crate::kernels`].

use super::cascade::pose_values;
use super::{Cascade, GeneratorSpec, ImageSize, Inputs};
use crate::homography::DIMENSION;
use crate::kernels::{CanonicalForeground, Instructions, Stage, Workspace};
use crate::{Error, Homography, Result};
use std::sync::{Mutex, PoisonError};

/// A cascade for inference: its weights are packed for the processor, and it tracks no gradients.
///
/// It can be shared between threads. Each running inference needs a workspace; idle workspaces are
/// reused.
#[derive(Debug)]
pub struct Inference {
    spec: GeneratorSpec,
    stages: Vec<Stage>,
    /// Idle workspaces for one view and for two views.
    idle: [Mutex<Vec<Workspace>>; 2],
}

/// A view of a photo with a foreground, and its mirror image: the inputs of all stages in one fit.
#[derive(Debug)]
pub struct ViewPair<'a> {
    networks: &'a Inference,
    foreground: CanonicalForeground,
    /// `Some` until `drop` returns the workspace.
    workspace: Option<Workspace>,
}

/// Number of channels of the background.
const BACKGROUND: usize = 3;

impl Inference {
    /// Packs the weights of an f32 cascade for the instruction set of this processor.
    ///
    /// # Errors
    /// [`Error::Tensor`] if the tensors are not f32.
    pub fn new(cascade: &Cascade) -> Result<Self> {
        let spec = cascade.spec().clone();
        let stages = cascade
            .stages()
            .iter()
            .map(|generator| Stage::new(spec.size, generator.convolutions(), generator.linear(), Instructions::best()));
        Ok(Self { stages: stages.collect::<candle_core::Result<_>>()?, spec, idle: Default::default() })
    }

    /// The size of the views.
    pub fn size(&self) -> ImageSize {
        self.spec.size
    }

    /// The sizes of the generators.
    pub fn spec(&self) -> &GeneratorSpec {
        &self.spec
    }

    /// The generators, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Prepares a view: `background` [3, H, W] is RGB and `foreground` [4, H, W] is RGBA in
    /// canonical pose, both with values in [0, 1].
    ///
    /// # Panics
    /// If an argument has the wrong length.
    pub fn view_pair(&self, background: &[f32], foreground: &[f32]) -> ViewPair<'_> {
        let size @ ImageSize { height, width } = self.spec.size;
        let pose: Option<Vec<f32>> = match self.spec.inputs {
            Inputs::Rgba => None,
            Inputs::RgbaPose => {
                Some(pose_values(&self.spec.task.pose, (height, width)).map(|value| value as f32).collect())
            }
        };
        let foreground = CanonicalForeground::new(size, foreground, pose.as_deref());
        let mut workspace = self.workspace(2);
        assert_eq!(
            background.len(),
            BACKGROUND * size.area(),
            "the background needs 3 planes of {height}×{width} values"
        );
        let mirror: Vec<f32> = background.chunks_exact(width).flat_map(|row| row.iter().rev().copied()).collect();
        for (view, planes) in workspace.views_mut().iter_mut().zip([background, &mirror]) {
            view.set_channels(0, planes);
        }
        workspace.pool(0..BACKGROUND);
        ViewPair { networks: self, foreground, workspace: Some(workspace) }
    }

    /// The update Δp that stage `stage` predicts for one input `planes` [C, H, W]: the background's
    /// channels, then those of the warped foreground ([`Inputs`]).
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such stage or `planes` has the wrong length.
    pub fn infer(&self, stage: usize, planes: &[f32]) -> Result<[f32; DIMENSION]> {
        let expected = self.spec.inputs.channels() * self.spec.size.area();
        if planes.len() != expected {
            let length = format!("{} values long", planes.len());
            return Err(Error::argument("planes", length, expected));
        }
        let Some(network) = self.stages.get(stage) else {
            let expected = format!("0 to {}", self.stages.len() - 1);
            return Err(Error::argument("stage", stage, expected));
        };
        let mut workspace = self.workspace(1);
        for view in workspace.views_mut() {
            view.set_channels(0, planes);
        }
        workspace.pool(0..self.spec.inputs.channels());
        let outputs = network.run(&mut workspace);
        let update = std::array::from_fn(|i| outputs[i]);
        self.give_back(workspace);
        Ok(update)
    }

    /// An idle or new workspace for `views` views.
    fn workspace(&self, views: usize) -> Workspace {
        let idle = self.idle[views - 1].lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| self.stages[0].workspace(views))
    }

    fn give_back(&self, mut workspace: Workspace) {
        let idle = &self.idle[workspace.views_mut().len() - 1];
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }
}

impl ViewPair<'_> {
    /// The updates Δp that stage `stage` predicts for the foreground warped by `params`: for the
    /// view and for its mirror image. The second is in the coordinates of the mirror image.
    ///
    /// # Panics
    /// If there is no stage `stage`.
    pub fn update(&mut self, stage: usize, params: &[f64; DIMENSION]) -> [[f64; DIMENSION]; 2] {
        let Self { networks, foreground, workspace: Some(workspace) } = self else { return [[0.0; DIMENSION]; 2] };
        if let [view, mirror] = workspace.views_mut() {
            foreground.warp(&Homography::exp(params), view, Some(mirror), BACKGROUND);
        }
        workspace.pool(BACKGROUND..networks.spec.inputs.channels());
        let outputs = networks.stages[stage].run(workspace);
        [0, 1].map(|view| std::array::from_fn(|i| f64::from(outputs[view * DIMENSION + i])))
    }
}

impl Drop for ViewPair<'_> {
    fn drop(&mut self) {
        if let Some(workspace) = self.workspace.take() {
            self.networks.give_back(workspace);
        }
    }
}
