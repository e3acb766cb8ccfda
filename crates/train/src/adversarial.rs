//! The game between generators and critic (ST-GAN, section 3.2; Gulrajani et al. 2017; Mescheder et al. 2018).

use super::address::Address;
use super::config::{Adversarial, AdversarialLoss, DiscriminatorSettings, LandmarkLoss};
use super::examples::{Batch, CriticBatch};
use super::history::Recipe;
use super::numbers::Numbers;
use super::players::{CriticPlayer, Generators};
use super::regression::no_landmarks;
use crate::landmark_loss::landmark_loss;
use candle_core::{Result as Tried, Tensor};
use stgan::Result;
use stgan::model::{Discriminator, losses};

/// One step of the trained generators: the sum over them of what the critic, frozen, makes of their composites, and of
/// λ‖Δp‖².
///
/// # Errors
/// [`stgan::Error::Diverged`] where a gradient is not finite.
pub fn generator_step(
    settings: &Adversarial,
    loss: AdversarialLoss,
    generators: &mut Generators,
    critic: &Discriminator,
    batch: &Batch,
    rate: f64,
) -> Result<Numbers> {
    let critic = critic.frozen();
    let moves = generators.play(batch)?;
    let (mut total, mut judged) = (batch.params.zeros_like()?.sum_all()?, None);
    for step in &moves {
        let scores = critic.forward(&batch.composite(&step.params)?)?;
        let judgement = match loss {
            AdversarialLoss::WganGp => losses::wasserstein_generator(&scores)?,
            AdversarialLoss::LogisticR1 => losses::logistic_generator(&scores)?,
        };
        let update = losses::update(&step.delta)?;
        total = ((total + &judgement)? + (&update * settings.update_penalty)?)?;
        if settings.landmark_weight > 0.0 {
            let targets = batch.targets.as_ref().ok_or_else(no_landmarks)?;
            total =
                (total + (landmark_loss(LandmarkLoss::Squared, &step.params, targets)? * settings.landmark_weight)?)?;
        }
        judged = Some((judgement, update.detach().sqrt()?));
    }
    generators.adam.step(&total.backward()?, rate)?;
    let mut figures = vec![("generator_loss", &total)];
    if let Some((judgement, norm)) = &judged {
        figures.extend([("judgement", judgement), ("update_norm", norm)]);
    }
    Numbers::read(&figures)
}

/// One step of the critic, on composites of `generators` (where there are none, of frames as perturbed), remembered
/// composites and real pictures. Gives the recipes of the fresh composites too.
///
/// # Errors
/// [`stgan::Error::Diverged`] where a gradient is not finite.
pub fn critic_step(
    settings: &DiscriminatorSettings,
    critic: &mut CriticPlayer,
    generators: Option<&Generators>,
    batch: &CriticBatch,
    rate: f64,
) -> Result<(Numbers, Vec<Recipe>)> {
    let examples = &batch.examples;
    let mut params = match generators {
        Some(generators) => generators.settle(examples)?,
        None => examples.params.clone(),
    };
    if let Some(remembered) = &batch.remembered {
        let fresh = examples.len() - remembered.dim(0)?;
        params = Tensor::cat(&[&params.narrow(0, 0, fresh)?, remembered], 0)?;
    }
    let fakes = examples.composite(&params)?.detach();
    let figures = {
        let loss = CriticLoss::new(settings, &critic.network, &batch.reals, &fakes, &batch.mix)?;
        critic.adam.step(&loss.total.backward()?, rate)?;
        let distance = match settings.loss {
            AdversarialLoss::WganGp => "wasserstein",
            AdversarialLoss::LogisticR1 => "separation",
        };
        Numbers::read(&[
            ("critic_loss", &loss.total),
            (distance, &loss.separation),
            ("gradient_norm", &loss.gradient_norm),
            ("penalty", &loss.penalty),
        ])?
    };
    let fresh = examples.len() - batch.remembered.as_ref().map_or(Ok(0), |r| r.dim(0))?;
    let recipes = recipes(&examples.addresses[..fresh], &params)?;
    Ok((figures, recipes))
}

fn recipes(addresses: &[Address], params: &Tensor) -> Result<Vec<Recipe>> {
    let rows = params.to_vec2::<f32>()?;
    let recipe =
        |(address, row): (&Address, Vec<f32>)| Recipe { address: *address, params: std::array::from_fn(|i| row[i]) };
    Ok(addresses.iter().zip(rows).map(recipe).collect())
}

/// What the critic minimises, and the figures that tell how it fares. Scalars.
struct CriticLoss {
    total: Tensor,
    /// mean D(real) − mean D(fake): of a Wasserstein critic, its estimate of the distance.
    separation: Tensor,
    gradient_norm: Tensor,
    /// Before its weight.
    penalty: Tensor,
}

impl CriticLoss {
    fn new(
        settings: &DiscriminatorSettings,
        critic: &Discriminator,
        reals: &Tensor,
        fakes: &Tensor,
        mix: &Tensor,
    ) -> Tried<Self> {
        let n = fakes.dim(0)?;
        let scores = critic.forward(&Tensor::cat(&[fakes, reals], 0)?)?;
        let (fake, real) = (scores.narrow(0, 0, n)?, scores.narrow(0, n, n)?);
        let distance = losses::wasserstein(&fake, &real)?;
        let separation = distance.neg()?.detach();
        let (loss, norm, penalty) = match settings.loss {
            AdversarialLoss::WganGp => {
                let norm = losses::gradient_norm(critic, &losses::between(reals, fakes, mix)?)?;
                let penalty = losses::away_from_one(&norm)?;
                (distance, norm, penalty)
            }
            AdversarialLoss::LogisticR1 => {
                let norm = losses::gradient_norm(critic, reals)?;
                let penalty = losses::r1(&norm)?;
                (losses::logistic(&fake, &real)?, norm, penalty)
            }
        };
        let total = (loss + (&penalty * settings.penalty)?)?;
        Ok(Self { total, separation, gradient_norm: norm.mean_all()?.detach(), penalty: penalty.detach() })
    }
}
