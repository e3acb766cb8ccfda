//! Generators by regression: landmarks say where the frame's anchors should be, the loss is how far off
//! exp(p + Δp) leaves them. Stage by stage, earlier stages frozen.

use super::checkpoint::{self, Checkpoint};
use super::{Adam, Config};
use crate::data::anchors::{self, Anchors};
use crate::data::augment::{Example, Perturbation, Sampler, Subject};
use crate::data::{frames, portraits};
use crate::homography::{DIMENSION, Homography};
use crate::model::weights::{self, Storage, Weights};
use crate::model::{Cascade, Generator, GeneratorSpec, Parameters, initialise};
use crate::{Error, Result, stn};
use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Iterations between two lines of metrics, two validations, two checkpoints.
const REPORT: usize = 50;
const VALIDATE: usize = 500;
const SAVE: usize = 1000;
/// Frames and crops of each face that validation looks at.
const VALIDATION_FRAMES: usize = 96;
const VALIDATION_CROPS: usize = 4;

/// What a run tells while it goes on.
#[derive(Clone, Debug)]
pub enum Event {
    /// Data is read and frames are drawn.
    Ready { faces: usize, validation: usize, frames: usize, iterations: usize, done: usize },
    /// Some iterations more are done, in all stages taken together.
    Progress { stage: usize, done: usize, loss: f64 },
    /// Anchor error on the validation split: as placed, and after each stage trained so far.
    Validated { stage: usize, iteration: usize, median: Vec<f64>, p95: Vec<f64> },
}

/// What a run begins with.
pub enum Start {
    /// Random weights.
    Afresh,
    /// The stages of a weights file, which stay as they are: only the stages that the configuration has beyond them are
    /// trained, the first of those starting as a copy of the file's last.
    Extend(Weights),
    /// The stages of a weights file, the last of which is trained again from where it is.
    Tune(Weights),
    /// The folder's checkpoint.
    Resume,
}

/// Trains as `config` says on the faces in `data`, into the folder `out`: `config.toml`, `metrics.jsonl`,
/// `checkpoint.safetensors`, `weights.safetensors` whenever a stage is finished, and `best.safetensors`: of the stage being
/// trained, what did best on the validation split (the sum of median and 95th percentile).
///
/// `start` says from what: see [`Start`]. A resumed run gives the same numbers as an uninterrupted one on as many threads.
/// `report` hears of progress and says whether to go on; where it says no, a checkpoint is written and `false` returned.
///
/// # Errors
/// [`Error::Argument`] for weights that cannot be extended, [`Error::Data`] and [`Error::Io`] for what cannot be read or written, [`Error::Diverged`] when a loss or a gradient
/// stops being finite (the last checkpoint stands).
pub fn run(
    config: &Config,
    data: &Path,
    out: &Path,
    start: Start,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let run = Run::prepare(config, data, out)?;
    let (mut stage, mut iteration, mut best) = (0, 0, f64::INFINITY);
    let (mut weights, mut saved) = (Parameters::default(), None);
    match start {
        Start::Afresh => {}
        Start::Extend(file) => {
            if file.spec != run.spec || file.stages >= config.regression.iterations.len() {
                return Err(Error::Argument {
                    name: "weights to extend",
                    value: format!("{} stages of {:?}", file.stages, file.spec),
                    expected: format!("fewer than {} stages of {:?}", config.regression.iterations.len(), run.spec),
                });
            }
            (stage, weights) = (file.stages, file.parameters);
        }
        Start::Tune(file) => {
            if file.spec != run.spec || file.stages != config.regression.iterations.len() {
                return Err(Error::Argument {
                    name: "weights to tune",
                    value: format!("{} stages of {:?}", file.stages, file.spec),
                    expected: format!("{} stages of {:?}", config.regression.iterations.len(), run.spec),
                });
            }
            (stage, weights) = (file.stages - 1, file.parameters);
        }
        Start::Resume => {
            let found = Checkpoint::load(&run.file("checkpoint.safetensors"), config)?;
            (stage, iteration, best, weights) = (found.stage, found.iteration, found.best, found.weights);
            saved = Some((found.moments, found.steps));
        }
    }
    checkpoint::write_atomically(&run.file("config.toml"), config.to_toml()?.as_bytes())?;
    let plan = &config.regression.iterations;
    let total: usize = plan.iter().sum();
    let before: usize = plan[..stage.min(plan.len())].iter().sum::<usize>() + iteration;
    let ready = Event::Ready {
        faces: run.subjects.len(),
        validation: run.validation.len(),
        frames: run.frames.len(),
        iterations: total,
        done: before,
    };
    if !report(ready) {
        return Ok(false);
    }
    while stage < plan.len() {
        if !weights.0.contains_key(&format!("stages.{stage}.fc2.bias")) {
            run.start_stage(stage, &mut weights)?;
        }
        let mut adam = Adam::new(&stage_parameters(&weights, stage), [0.9, 0.999])?;
        if let Some((moments, steps)) = saved.take() {
            adam.restore(&moments, steps)?;
        }
        let finished = run.train_stage(stage, iteration, &mut weights, &mut adam, &mut best, report)?;
        if !finished {
            return Ok(false);
        }
        run.export("weights.safetensors", stage + 1, &weights)?;
        (stage, iteration, best) = (stage + 1, 0, f64::INFINITY);
    }
    Ok(true)
}

struct Run<'a> {
    config: &'a Config,
    spec: GeneratorSpec,
    out: PathBuf,
    data: String,
    subjects: Vec<Subject>,
    sampler: Sampler,
    frames: Vec<Vec<f32>>,
    validation: Vec<Subject>,
    validation_frames: Vec<Vec<f32>>,
}

/// Tensors of one batch.
struct Batch {
    background: Tensor,
    frames: Tensor,
    params: Tensor,
    targets: Vec<Anchors>,
}

impl<'a> Run<'a> {
    fn prepare(config: &'a Config, data: &Path, out: &Path) -> Result<Self> {
        std::fs::create_dir_all(out).map_err(|source| checkpoint::io(out, source))?;
        let spec = config.generator()?;
        let subjects = |splits: &[&str], largest_yaw: f64| -> Result<Vec<Subject>> {
            let faces = portraits::bare_faces(data, splits)?;
            faces.par_iter().filter(|face| face.yaw.abs() <= largest_yaw).map(Subject::new).collect()
        };
        let splits: Vec<&str> = config.regression.splits.iter().map(String::as_str).collect();
        let subjects_to_learn = subjects(&splits, config.regression.largest_yaw)?;
        Ok(Self {
            sampler: Sampler::new(&subjects_to_learn, config.regression.balance),
            subjects: subjects_to_learn,
            validation: subjects(&[&config.regression.validation], f64::INFINITY)?,
            frames: frames::random(config.frames.count, spec.size, config.seed)?,
            validation_frames: frames::random(VALIDATION_FRAMES, spec.size, config.seed ^ u64::MAX)?,
            data: data.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            out: out.to_owned(),
            config,
            spec,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// The first stage starts at random, later ones as a copy of the one before.
    fn start_stage(&self, stage: usize, weights: &mut Parameters) -> Result<()> {
        let mut rng = self.rng(u64::MAX, stage as u64);
        let mut fresh = initialise(&self.spec.tensors(stage), || rng.sample(StandardNormal))?;
        if stage > 0 {
            let (from, to) = (format!("stages.{}.", stage - 1), format!("stages.{stage}."));
            for (name, tensor) in &mut fresh.0 {
                *tensor = weights.expect(&name.replace(&to, &from), tensor.dims())?;
            }
        }
        weights.0.extend(fresh.0);
        Ok(())
    }

    /// A stream of random numbers of its own for every stage, iteration and item: nothing to save, nothing to replay.
    fn rng(&self, iteration: u64, item: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.config.seed);
        rng.set_stream(iteration.wrapping_mul(1 << 20).wrapping_add(item));
        rng
    }

    fn train_stage(
        &self,
        stage: usize,
        from: usize,
        weights: &mut Parameters,
        adam: &mut Adam,
        best: &mut f64,
        report: &mut dyn FnMut(Event) -> bool,
    ) -> Result<bool> {
        let plan = &self.config.regression.iterations;
        let earlier: Vec<Generator> =
            (0..stage).map(|i| Generator::new(&self.spec, i, weights)).collect::<Result<_>>()?;
        let before: usize = plan[..stage].iter().sum();
        let generator = Generator::new(&self.spec, stage, &adam.parameters())?;
        let (mut sum, mut since, mut clock) = (0.0, 0, Instant::now());
        let mut next = self.examples(stage, from);
        for iteration in from..plan[stage] {
            let (rate, batch) = (self.learning_rate(stage, iteration), next?);
            // The next batch is cut while this one is learned from.
            let (loss, cut) = rayon::join(
                || self.iterate(iteration, &batch, &earlier, &generator, adam, rate),
                || self.examples(stage, iteration + 1),
            );
            let loss = loss?;
            next = cut;
            (sum, since) = (sum + loss, since + 1);
            let done = iteration + 1;
            let last = done == plan[stage];
            let mut go_on = true;
            if done % REPORT == 0 || last {
                let loss = sum / since as f64;
                let seconds = clock.elapsed().as_secs_f64() / since as f64;
                self.log(serde_json::json!({
                    "stage": stage, "iteration": done, "loss": loss, "learning_rate": rate, "seconds": seconds,
                }))?;
                (sum, since, clock) = (0.0, 0, Instant::now());
                go_on = report(Event::Progress { stage, done: before + done, loss });
            }
            let due = |every: usize| done.is_multiple_of(every) || last;
            if due(VALIDATE) || due(SAVE) || !go_on {
                weights.0.extend(detached(&adam.parameters()).0);
            }
            if due(VALIDATE) {
                let (median, p95) = self.validate(stage + 1, weights)?;
                self.log(serde_json::json!({ "stage": stage, "iteration": done, "median": median, "p95": p95 }))?;
                let score = median[stage + 1] + p95[stage + 1];
                if score < *best {
                    *best = score;
                    self.export("best.safetensors", stage + 1, weights)?;
                }
                go_on &= report(Event::Validated { stage, iteration: done, median, p95 });
            }
            if due(SAVE) || !go_on {
                let (moments, steps) = adam.state()?;
                let state =
                    Checkpoint { stage, iteration: done, best: *best, weights: weights.clone(), moments, steps };
                state.save(&self.file("checkpoint.safetensors"), self.config)?;
            }
            if !go_on && !last {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A linear rise, then half a cosine down to a hundredth.
    fn learning_rate(&self, stage: usize, iteration: usize) -> f64 {
        let r = &self.config.regression;
        let peak = r.learning_rate[stage.min(1)];
        if iteration < r.warmup {
            return peak * (iteration + 1) as f64 / r.warmup as f64;
        }
        let along = (iteration - r.warmup) as f64 / (r.iterations[stage].saturating_sub(r.warmup)).max(1) as f64;
        peak * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * along).cos()))
    }

    /// The batch of one iteration.
    fn examples(&self, stage: usize, iteration: usize) -> Result<Batch> {
        let r = &self.config.regression;
        self.batch(r.batch, |item| {
            let mut rng = self.rng((stage as u64) << 32 | iteration as u64, item as u64);
            let subject = &self.subjects[self.sampler.draw(&mut rng)];
            let frame = &self.frames[rng.random_range(0..self.frames.len())];
            Ok((subject.example(self.spec.size, &r.perturbation, &mut rng)?, frame))
        })
    }

    fn iterate(
        &self,
        iteration: usize,
        batch: &Batch,
        earlier: &[Generator],
        generator: &Generator,
        adam: &mut Adam,
        rate: f64,
    ) -> Result<f64> {
        let foreground = self.foreground(&batch.frames)?;
        let size = (self.spec.size, self.spec.size);
        let mut params = batch.params.clone();
        for frozen in earlier {
            let warped = stn::warp(&foreground, &params, size)?;
            params = (&params + frozen.forward(&batch.background, &warped)?)?.detach();
        }
        let delta = generator.forward(&batch.background, &stn::warp(&foreground, &params, size)?)?;
        let distance = anchor_loss(&(&params + &delta)?, &batch.targets)?;
        let loss = (distance + (delta.sqr()?.sum(1)?.mean_all()? * self.config.regression.update_penalty)?)?;
        let value = f64::from(loss.to_scalar::<f32>()?);
        if !value.is_finite() {
            let reason = format!("the loss is {value}");
            return Err(Error::Diverged { iteration: iteration + 1, reason });
        }
        adam.step(&loss.backward()?, rate)?;
        Ok(value)
    }

    fn foreground(&self, frames: &Tensor) -> Result<Tensor> {
        Ok(crate::model::foreground(frames, self.spec.inputs)?)
    }

    /// Makes `n` examples on all threads and stacks them.
    fn batch<'b>(
        &self,
        n: usize,
        example: impl Fn(usize) -> Result<(Example, &'b Vec<f32>)> + Sync + Send,
    ) -> Result<Batch> {
        let examples: Vec<_> = (0..n).into_par_iter().map(example).collect::<Result<_>>()?;
        let size = self.spec.size;
        let background: Vec<f32> = examples.iter().flat_map(|(e, _)| e.background.iter().copied()).collect();
        let frames: Vec<f32> = examples.iter().flat_map(|(_, frame)| frame.iter().copied()).collect();
        let params: Vec<f32> = examples.iter().flat_map(|(e, _)| e.params.map(|x| x as f32)).collect();
        Ok(Batch {
            background: Tensor::from_vec(background, (n, 3, size, size), &Device::Cpu)?,
            frames: Tensor::from_vec(frames, (n, 4, size, size), &Device::Cpu)?,
            params: Tensor::from_vec(params, (n, DIMENSION), &Device::Cpu)?,
            targets: examples.into_iter().map(|(e, _)| e.target).collect(),
        })
    }

    /// Median and 95th percentile of the anchor error, as placed and after each stage, on faces and frames that training
    /// does not see.
    fn validate(&self, stages: usize, weights: &Parameters) -> Result<(Vec<f64>, Vec<f64>)> {
        let cascade = Cascade::new(&self.spec, stages, weights)?;
        let mut errors: Vec<Vec<f64>> = vec![Vec::new(); stages + 1];
        let jobs: Vec<usize> = (0..self.validation.len() * VALIDATION_CROPS).collect();
        for chunk in jobs.chunks(32) {
            let batch = self.batch(chunk.len(), |i| {
                let mut rng = self.rng(u64::MAX - 1, chunk[i] as u64);
                let frame = &self.validation_frames[rng.random_range(0..self.validation_frames.len())];
                let subject = &self.validation[chunk[i] % self.validation.len()];
                Ok((subject.example(self.spec.size, &Perturbation::DROPPED, &mut rng)?, frame))
            })?;
            let all = cascade.forward(&batch.background, &self.foreground(&batch.frames)?, &batch.params)?;
            for (step, params) in all.iter().enumerate() {
                for (p, target) in params.to_vec2::<f32>()?.iter().zip(&batch.targets) {
                    let back = Homography::exp(&std::array::from_fn(|i| -f64::from(p[i])));
                    errors[step].push(anchors::error(&anchors::apply(&back, &anchors::FRAME), target));
                }
            }
        }
        for values in &mut errors {
            values.sort_by(f64::total_cmp);
        }
        let at = |share: f64| errors.iter().map(|e| e[((e.len() - 1) as f64 * share).round() as usize]).collect();
        Ok((at(0.5), at(0.95)))
    }

    fn log(&self, line: serde_json::Value) -> Result<()> {
        let path = self.file("metrics.jsonl");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|source| checkpoint::io(&path, source))?;
        writeln!(file, "{line}").map_err(|source| checkpoint::io(&path, source))
    }

    /// The browser's file: the stages so far, in f16.
    fn export(&self, name: &str, stages: usize, weights: &Parameters) -> Result<()> {
        use crate::model::canonical::{EYE_Y, PUPIL_X, TEMPLE_X};
        let metadata = BTreeMap::from([
            ("task".to_owned(), "glasses".to_owned()),
            ("anchors".to_owned(), format!("pupils ±{PUPIL_X}, temples ±{TEMPLE_X}, y {EYE_Y}")),
            ("data".to_owned(), format!("{}: {}", self.data, self.config.regression.splits.join(", "))),
            ("faces".to_owned(), self.subjects.len().to_string()),
            ("command".to_owned(), format!("stgan train, seed {}", self.config.seed)),
            ("config".to_owned(), self.config.to_toml()?),
        ]);
        let file = Weights {
            spec: self.spec.clone(),
            stages,
            discriminator: None,
            parameters: weights.clone(),
            storage: Storage::F16,
            metadata,
        };
        checkpoint::write_atomically(&self.file(name), &weights::write(&file, Storage::F16)?)
    }
}

/// The tensors of one stage.
fn stage_parameters(weights: &Parameters, stage: usize) -> Parameters {
    let prefix = format!("stages.{stage}.");
    let mine = weights.0.iter().filter(|(name, _)| name.starts_with(&prefix));
    Parameters(mine.map(|(name, tensor)| (name.clone(), tensor.clone())).collect())
}

/// Copies that a later step does not change.
fn detached(parameters: &Parameters) -> Parameters {
    let copy =
        |(name, tensor): (&String, &Tensor)| (name.clone(), tensor.copy().map_or(tensor.clone(), |t| t.detach()));
    Parameters(parameters.0.iter().map(copy).collect())
}

/// The mean squared distance of the faces' points, looked up through exp(p), from the frame's: canonical units.
fn anchor_loss(params: &Tensor, targets: &[Anchors]) -> candle_core::Result<Tensor> {
    let points: Vec<f32> = targets.iter().flatten().flat_map(|[x, y]| [*x as f32, *y as f32, 1.0]).collect();
    let points = Tensor::from_vec(points, (targets.len(), 8, 3), &Device::Cpu)?;
    let frame: Vec<f32> = anchors::FRAME.iter().flatten().map(|x| *x as f32).collect();
    let frame = Tensor::from_vec(frame, (1, 8, 2), &Device::Cpu)?;
    let mapped = points.matmul(&stn::homography(params)?.transpose(1, 2)?.contiguous()?)?;
    let found = mapped.narrow(2, 0, 2)?.broadcast_div(&mapped.narrow(2, 2, 1)?)?;
    found.broadcast_sub(&frame)?.sqr()?.sum(2)?.mean_all()
}
