//! A cascade made ready for use: its stages as [`crate::kernels`].

use super::cascade::pose_values;
use super::{Cascade, GeneratorSpec, Inputs};
use crate::homography::DIMENSION;
use crate::kernels::{Frame, Instructions, Stage, Workspace};
use crate::{Error, Homography, Result};
use std::sync::{Mutex, PoisonError};

/// Generator stages with packed weights, which hold no tensors and track no gradients. Threads may share them.
#[derive(Debug)]
pub struct Inference {
    spec: GeneratorSpec,
    stages: Vec<Stage>,
    /// Memory that nothing is using, for one view and for two at a time.
    idle: [Mutex<Vec<Workspace>>; 2],
}

/// What the stages look at in one fit: a background and a frame, and the same in a mirror.
#[derive(Debug)]
pub struct Views<'a> {
    networks: &'a Inference,
    frame: Frame,
    /// There until the end.
    workspace: Option<Workspace>,
}

/// Channels of the background.
const BACKGROUND: usize = 3;

impl Inference {
    /// Packs the weights of a cascade that is in f32, for the processor that it is on.
    ///
    /// # Errors
    /// [`crate::Error::Tensor`] for tensors of another type.
    pub fn new(cascade: &Cascade) -> Result<Self> {
        let spec = cascade.spec().clone();
        let stages = cascade
            .stages()
            .iter()
            .map(|generator| Stage::new(spec.size, generator.convolutions(), generator.linear(), Instructions::best()));
        Ok(Self { stages: stages.collect::<candle_core::Result<_>>()?, spec, idle: Default::default() })
    }

    /// The sizes of the generators.
    pub fn spec(&self) -> &GeneratorSpec {
        &self.spec
    }

    /// The generators, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Prepares a background of three planes and a frame in canonical pose of four, each of S × S numbers.
    ///
    /// # Panics
    /// Where they have other sizes.
    pub fn views(&self, background: &[f32], frame: &[f32]) -> Views<'_> {
        let size = self.spec.size;
        let pose: Option<Vec<f32>> = match self.spec.inputs {
            Inputs::Rgba => None,
            Inputs::RgbaPose => Some(pose_values((size, size)).map(|value| value as f32).collect()),
        };
        let frame = Frame::new(size, frame, pose.as_deref());
        let mut workspace = self.workspace(2);
        assert_eq!(background.len(), BACKGROUND * size * size, "three planes");
        let mirror: Vec<f32> = background.chunks_exact(size).flat_map(|row| row.iter().rev().copied()).collect();
        for (view, planes) in workspace.views_mut().iter_mut().zip([background, &mirror]) {
            view.set_channels(0, planes);
        }
        workspace.pool(0..BACKGROUND);
        Views { networks: self, frame, workspace: Some(workspace) }
    }

    /// Δp of stage `stage` for one view of `planes` [C, S, S], background and frame as the stage would see it.
    ///
    /// # Errors
    /// [`Error::Argument`] for a stage that there is not, or planes of another size.
    pub fn answer(&self, stage: usize, planes: &[f32]) -> Result<[f32; DIMENSION]> {
        let expected = self.spec.inputs.channels() * self.spec.size * self.spec.size;
        if planes.len() != expected {
            let given = format!("{} numbers", planes.len());
            return Err(Error::argument("planes", given, expected));
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
        let answers = network.run(&mut workspace);
        let answer = std::array::from_fn(|i| answers[i]);
        self.give_back(workspace);
        Ok(answer)
    }

    /// Memory for `views` views.
    fn workspace(&self, views: usize) -> Workspace {
        let idle = self.idle[views - 1].lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| self.stages[0].workspace(views))
    }

    fn give_back(&self, mut workspace: Workspace) {
        let idle = &self.idle[workspace.views_mut().len() - 1];
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }
}

impl Views<'_> {
    /// Δp of stage `stage` for the frame warped by `params`: for the view as it is, and for its mirror image (in whose own
    /// coordinates).
    pub fn update(&mut self, stage: usize, params: &[f64; DIMENSION]) -> [[f64; DIMENSION]; 2] {
        let Self { networks, frame, workspace: Some(workspace) } = self else { return [[0.0; DIMENSION]; 2] };
        if let [view, mirror] = workspace.views_mut() {
            frame.warp(&Homography::exp(params), view, Some(mirror), BACKGROUND);
        }
        workspace.pool(BACKGROUND..networks.spec.inputs.channels());
        let answers = networks.stages[stage].run(workspace);
        [0, 1].map(|view| std::array::from_fn(|i| f64::from(answers[view * DIMENSION + i])))
    }
}

impl Drop for Views<'_> {
    fn drop(&mut self) {
        if let Some(workspace) = self.workspace.take() {
            self.networks.give_back(workspace);
        }
    }
}
