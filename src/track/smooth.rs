//! The one-euro filter (Casiez, Roussel & Vogel, CHI 2012): a low-pass whose cutoff rises with speed, so that what rests
//! does not tremble and what moves does not lag.

/// What the filter is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// The cutoff at rest, in Hz: lower trembles less.
    pub rest: f64,
    /// Hz by which the cutoff rises for each unit a second: higher lags less.
    pub slope: f64,
    /// The cutoff of the speed that this goes by, in Hz.
    pub speed: f64,
}

/// Filters points of one body. They share one cutoff, so that the body keeps its shape.
#[derive(Clone, Debug)]
pub struct OneEuro<const N: usize> {
    smoothing: Smoothing,
    last: Option<Last<N>>,
}

#[derive(Clone, Debug)]
struct Last<const N: usize> {
    time: f64,
    raw: [[f64; 2]; N],
    smooth: [[f64; 2]; N],
    speed: [[f64; 2]; N],
}

impl<const N: usize> OneEuro<N> {
    /// A filter that has seen nothing yet.
    pub fn new(smoothing: Smoothing) -> Self {
        Self { smoothing, last: None }
    }

    /// The points at `time`, in seconds, smoothed. `unit` is the length that speeds are told in. A time that is not later
    /// than the last one starts afresh.
    pub fn filter(&mut self, points: [[f64; 2]; N], unit: f64, time: f64) -> [[f64; 2]; N] {
        let next = match &self.last {
            Some(last) if time > last.time => last.next(&self.smoothing, points, unit, time),
            _ => Last { time, raw: points, smooth: points, speed: [[0.0; 2]; N] },
        };
        self.last.insert(next).smooth
    }
}

impl<const N: usize> Last<N> {
    fn next(&self, smoothing: &Smoothing, points: [[f64; 2]; N], unit: f64, time: f64) -> Self {
        let step = time - self.time;
        let share = weight(smoothing.speed, step);
        let each = |of: &dyn Fn(usize, usize) -> f64| std::array::from_fn(|i| [of(i, 0), of(i, 1)]);
        let speed: [[f64; 2]; N] =
            each(&|i, k| mix(self.speed[i][k], (points[i][k] - self.raw[i][k]) / (step * unit), share));
        let mean = speed.iter().map(|[x, y]| x.hypot(*y)).sum::<f64>() / N as f64;
        let share = weight(smoothing.rest + smoothing.slope * mean, step);
        let smooth = each(&|i, k| mix(self.smooth[i][k], points[i][k], share));
        Self { time, raw: points, smooth, speed }
    }
}

/// What a new value counts beside the last one, `step` seconds ago, for a cutoff in Hz.
fn weight(cutoff: f64, step: f64) -> f64 {
    let tau = 1.0 / (std::f64::consts::TAU * cutoff);
    1.0 / (1.0 + tau / step)
}

fn mix(from: f64, to: f64, share: f64) -> f64 {
    from + share * (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOOTHING: Smoothing = Smoothing { rest: 1.0, slope: 4.0, speed: 1.0 };

    /// Filters x(t) at 30 frames a second for four seconds; what comes out in the last two.
    fn run(x: impl Fn(u32) -> f64) -> Vec<f64> {
        let mut filter = OneEuro::new(SMOOTHING);
        let out: Vec<f64> = (0..120).map(|k| filter.filter([[x(k), 0.0]], 1.0, f64::from(k) / 30.0)[0][0]).collect();
        out[60..].to_vec()
    }

    #[test]
    fn rest_is_kept_and_noise_goes() {
        assert!(run(|_| 7.0).iter().all(|x| (x - 7.0).abs() < 1e-12));
        // A pattern without a rhythm that the filter could follow.
        let noise = |k: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 8) / f64::from(1u32 << 24) - 0.5;
        let rms = |values: &[f64]| (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt();
        let raw: Vec<f64> = (60..120).map(|k| 0.01 * noise(k)).collect();
        assert!(rms(&run(|k| 0.01 * noise(k))) < 0.5 * rms(&raw));
    }

    #[test]
    fn motion_lags_less_than_at_the_cutoff_of_rest() {
        let lag = run(|k| f64::from(k) / 30.0).last().map(|x| 119.0 / 30.0 - x).unwrap();
        // A first-order low-pass lags by 1 / (2π fc) seconds, here at 1 + 4 Hz.
        assert!((0.0..0.04).contains(&lag), "{lag}");
    }

    #[test]
    fn a_body_keeps_its_shape() {
        let mut filter = OneEuro::new(SMOOTHING);
        for k in 0..30 {
            let x = f64::from(k * k) / 100.0;
            let [a, b] = filter.filter([[x, 1.0], [x + 5.0, 2.0]], 1.0, f64::from(k) / 30.0);
            assert!((b[0] - a[0] - 5.0).abs() < 1e-9 && (b[1] - a[1] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_clock_that_goes_back_starts_afresh() {
        let mut filter = OneEuro::new(SMOOTHING);
        filter.filter([[0.0, 0.0]], 1.0, 5.0);
        assert_eq!(filter.filter([[9.0, 3.0]], 1.0, 5.0), [[9.0, 3.0]]);
        assert_eq!(filter.filter([[-1.0, 0.0]], 1.0, 4.0), [[-1.0, 0.0]]);
    }
}
