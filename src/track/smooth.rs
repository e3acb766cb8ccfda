//! The 1€ filter (Casiez, Roussel & Vogel, CHI 2012): a low-pass filter whose cutoff frequency
//! rises with speed. It removes jitter at rest and adds little latency to motion.

/// The parameters of the 1€ filter (Casiez, Roussel & Vogel, CHI 2012).
///
/// For speed v, the cutoff frequency is `min_cutoff + beta · |v|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// The cutoff frequency at rest, in Hz; a lower value gives less jitter. Above 0.
    pub min_cutoff: f64,
    /// The increase of the cutoff frequency with speed, in Hz per unit of length per second; a
    /// higher value gives less latency. At least 0.
    pub beta: f64,
    /// The cutoff frequency of the filter that smooths the speed itself, in Hz. Above 0.
    pub derivative_cutoff: f64,
}

/// Filters `N` points of one rigid object.
///
/// All points share one cutoff frequency, so the filter preserves the object's shape.
#[derive(Clone, Debug)]
pub struct OneEuro<const N: usize> {
    smoothing: Smoothing,
    last: Option<Sample<N>>,
}

/// The state of the filter after one sample.
#[derive(Clone, Debug)]
struct Sample<const N: usize> {
    time: f64,
    raw: [[f64; 2]; N],
    smooth: [[f64; 2]; N],
    /// The smoothed velocity, in units of length per second.
    velocity: [[f64; 2]; N],
}

impl<const N: usize> OneEuro<N> {
    /// A filter without samples.
    pub fn new(smoothing: Smoothing) -> Self {
        Self { smoothing, last: None }
    }

    /// Adds a sample at `time`, in seconds, and returns the smoothed points.
    ///
    /// `unit` is the unit of length of speeds, in the coordinates of `points`. A time that is not
    /// later than the last one restarts the filter.
    pub fn filter(&mut self, points: [[f64; 2]; N], unit: f64, time: f64) -> [[f64; 2]; N] {
        let next = match &self.last {
            Some(last) if time > last.time => last.next(&self.smoothing, points, unit, time),
            _ => Sample { time, raw: points, smooth: points, velocity: [[0.0; 2]; N] },
        };
        self.last.insert(next).smooth
    }
}

impl<const N: usize> Sample<N> {
    fn next(&self, smoothing: &Smoothing, points: [[f64; 2]; N], unit: f64, time: f64) -> Self {
        let interval = time - self.time;
        let weight = smoothing_factor(smoothing.derivative_cutoff, interval);
        let each = |of: &dyn Fn(usize, usize) -> f64| std::array::from_fn(|i| [of(i, 0), of(i, 1)]);
        let velocity: [[f64; 2]; N] =
            each(&|i, k| mix(self.velocity[i][k], (points[i][k] - self.raw[i][k]) / (interval * unit), weight));
        let speed = velocity.iter().map(|[x, y]| x.hypot(*y)).sum::<f64>() / N as f64;
        let weight = smoothing_factor(smoothing.min_cutoff + smoothing.beta * speed, interval);
        let smooth = each(&|i, k| mix(self.smooth[i][k], points[i][k], weight));
        Self { time, raw: points, smooth, velocity }
    }
}

/// The weight α of a new sample, `interval` seconds after the last one, for a cutoff in Hz.
fn smoothing_factor(cutoff: f64, interval: f64) -> f64 {
    let tau = 1.0 / (std::f64::consts::TAU * cutoff);
    1.0 / (1.0 + tau / interval)
}

fn mix(from: f64, to: f64, weight: f64) -> f64 {
    from + weight * (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOOTHING: Smoothing = Smoothing { min_cutoff: 1.0, beta: 4.0, derivative_cutoff: 1.0 };

    /// Filters x(k), sampled at 30 Hz for four seconds; returns the output of the last two seconds.
    fn run(x: impl Fn(u32) -> f64) -> Vec<f64> {
        let mut filter = OneEuro::new(SMOOTHING);
        let out: Vec<f64> = (0..120).map(|k| filter.filter([[x(k), 0.0]], 1.0, f64::from(k) / 30.0)[0][0]).collect();
        out[60..].to_vec()
    }

    #[test]
    fn a_constant_is_preserved_and_noise_is_reduced() {
        assert!(run(|_| 7.0).iter().all(|x| (x - 7.0).abs() < 1e-12));
        // Hashed values: no period that the filter could follow.
        let noise = |k: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 8) / f64::from(1u32 << 24) - 0.5;
        let rms = |values: &[f64]| (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt();
        let raw: Vec<f64> = (60..120).map(|k| 0.01 * noise(k)).collect();
        assert!(rms(&run(|k| 0.01 * noise(k))) < 0.5 * rms(&raw));
    }

    #[test]
    fn latency_of_motion_is_lower_than_at_the_minimum_cutoff() {
        let latency = run(|k| f64::from(k) / 30.0).last().map(|x| 119.0 / 30.0 - x).unwrap();
        // A first-order low-pass filter lags by 1 / (2π fc) seconds; here fc = 1 + 4 Hz.
        assert!((0.0..0.04).contains(&latency), "{latency}");
    }

    #[test]
    fn the_shape_of_the_points_is_preserved() {
        let mut filter = OneEuro::new(SMOOTHING);
        for k in 0..30 {
            let x = f64::from(k * k) / 100.0;
            let [a, b] = filter.filter([[x, 1.0], [x + 5.0, 2.0]], 1.0, f64::from(k) / 30.0);
            assert!((b[0] - a[0] - 5.0).abs() < 1e-9 && (b[1] - a[1] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_time_that_does_not_increase_restarts_the_filter() {
        let mut filter = OneEuro::new(SMOOTHING);
        filter.filter([[0.0, 0.0]], 1.0, 5.0);
        assert_eq!(filter.filter([[9.0, 3.0]], 1.0, 5.0), [[9.0, 3.0]]);
        assert_eq!(filter.filter([[-1.0, 0.0]], 1.0, 4.0), [[-1.0, 0.0]]);
    }
}
