//! How long a chain of echoes rings.

/// After how many frames stages in series, each a sum of parallel ones, have rung down by 120 dB, whatever they were
/// fed with.
///
/// When |h| is the response and S the sum of `|h[k]| e^(g k)`, all that comes after n sums up to at most `S e^(-g n)`.
/// The S of stages in series is at most the product of theirs. Every growth rate g that is slower than the slowest
/// pole gives such a bound; the best of a few dozen is taken.
pub fn ring(stages: &[Vec<Echoes>]) -> usize {
    let all = || stages.iter().flatten();
    let slowest = all().map(|echoes| -libm::log(echoes.pole) / echoes.delay as f64).fold(f64::INFINITY, f64::min);
    let longest = all().map(|echoes| echoes.delay).max().unwrap_or(1);
    let limit = slowest.min(100.0 / longest as f64);
    let frames = (1..64).map(|step| {
        let growth = limit * f64::from(step) / 64.0;
        let weight: f64 =
            stages.iter().map(|stage| libm::log(stage.iter().map(|echoes| echoes.weight(growth)).sum())).sum();
        (weight + 6.0 * std::f64::consts::LN_10) / growth
    });
    frames.fold(f64::INFINITY, f64::min).max(0.0).ceil() as usize
}

/// The impulse response of a comb or an allpass by its sizes: `direct` at 0, then `first * pole^k` at `(k+1) * delay`.
pub struct Echoes {
    /// The time from echo to echo, in frames.
    pub delay: usize,
    /// The size at the start.
    pub direct: f64,
    /// The size of the first echo.
    pub first: f64,
    /// The factor from each echo to the next, from 0 to below 1.
    pub pole: f64,
}

impl Echoes {
    /// The sum of all sizes, each multiplied by `e^(growth * time)`; infinite when they do not fall faster than that.
    fn weight(&self, growth: f64) -> f64 {
        let grown = libm::exp(growth * self.delay as f64);
        if self.pole * grown < 1.0 {
            self.direct + self.first * grown / (1.0 - self.pole * grown)
        } else {
            f64::INFINITY
        }
    }
}
