//! Losses of the discriminator and of the generators: Wasserstein with gradient penalty (Gulrajani
//! et al. 2017) and logistic with R1 (Mescheder et al. 2018).
//!
//! The discriminator D (the "critic" of the Wasserstein loss) gives each image several patch
//! scores. Means run over all patch scores. Gradients and the logistic losses use the *sum* of an
//! image's patch scores, as the authors' released code does.
//!
//! Losses are scalars. All functions fail if shapes do not match.

use super::Discriminator;
use candle_core::{Result, Tensor};

/// Added to each squared gradient value before the norm's square root, as in the released code.
const EPSILON: f64 = 1e-8;

/// The discriminator's Wasserstein loss, mean D(fake) − mean D(real) (ST-GAN, equation 6), for
/// scores of any shape.
pub fn wasserstein(score_fake: &Tensor, score_real: &Tensor) -> Result<Tensor> {
    score_fake.mean_all()? - score_real.mean_all()?
}

/// The gradient norm ‖∂(sum of patch scores)/∂x‖ \[B\] at images `x` [B, 3, H, W], differentiable
/// with respect to the discriminator's weights.
pub fn gradient_norm(discriminator: &Discriminator, x: &Tensor) -> Result<Tensor> {
    (discriminator.input_gradient(x)?.sqr()? + EPSILON)?.flatten_from(1)?.sum(1)?.sqrt()
}

/// The gradient penalty mean (‖∇D‖ − 1)² at images between `real` and `fake` (see [`interpolate`]).
pub fn gradient_penalty(discriminator: &Discriminator, real: &Tensor, fake: &Tensor, mix: &Tensor) -> Result<Tensor> {
    unit_norm_penalty(&gradient_norm(discriminator, &interpolate(real, fake, mix)?)?)
}

/// The gradient penalty mean (‖∇D‖ − 1)², given the gradient norms \[B\].
pub fn unit_norm_penalty(norm: &Tensor) -> Result<Tensor> {
    (norm - 1.0)?.sqr()?.mean_all()
}

/// The images `mix · real + (1 − mix) · fake` [B, 3, H, W] at which the gradient penalty is
/// evaluated; `mix` [B, 1, 1, 1] is uniform in [0, 1].
pub fn interpolate(real: &Tensor, fake: &Tensor, mix: &Tensor) -> Result<Tensor> {
    real.broadcast_mul(mix)? + fake.broadcast_mul(&mix.affine(-1.0, 1.0)?)?
}

/// The discriminator's logistic loss, mean log(1 + exp(−D(real))) + mean log(1 + exp(D(fake))).
///
/// D is the sum of an image's patch scores [B, 1, h, w].
pub fn logistic(score_fake: &Tensor, score_real: &Tensor) -> Result<Tensor> {
    softplus(&logit(score_fake)?)?.mean_all()? + softplus(&logit(score_real)?.neg()?)?.mean_all()?
}

/// The R1 penalty mean ½‖∇D‖², given the gradient norms \[B\] at real images.
pub fn r1(norm: &Tensor) -> Result<Tensor> {
    norm.sqr()?.mean_all()? * 0.5
}

/// The generator's Wasserstein loss −mean D(composite), for patch scores of any shape.
pub fn wasserstein_generator(score: &Tensor) -> Result<Tensor> {
    score.mean_all()?.neg()
}

/// The generator's loss −mean D(composite) + λ · mean ‖Δp‖² (ST-GAN, equations 5 and 7), for
/// composites [B, 3, H, W] and updates `delta` [B, 8].
///
/// No gradients reach the discriminator's weights.
pub fn generator(
    discriminator: &Discriminator,
    composite: &Tensor,
    delta: &Tensor,
    lambda_update: f64,
) -> Result<Tensor> {
    wasserstein_generator(&discriminator.frozen().forward(composite)?)? + (update(delta)? * lambda_update)?
}

/// The generator's non-saturating logistic loss mean log(1 + exp(−D(composite))), for patch scores
/// [B, 1, h, w].
pub fn logistic_generator(score: &Tensor) -> Result<Tensor> {
    softplus(&logit(score)?.neg()?)?.mean_all()
}

/// The update loss mean ‖Δp‖² (ST-GAN, equation 5) of updates [B, 8].
pub fn update(delta: &Tensor) -> Result<Tensor> {
    delta.sqr()?.sum(1)?.mean_all()
}

/// Sums patch scores [B, 1, h, w] to \[B\].
fn logit(scores: &Tensor) -> Result<Tensor> {
    scores.flatten_from(1)?.sum(1)
}

/// log(1 + eˣ) without overflow.
fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}
