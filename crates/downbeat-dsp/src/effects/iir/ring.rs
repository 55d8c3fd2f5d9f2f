//! How long sections in series ring.

use super::section::{Section, dot};

/// After how many frames sections in series have rung down by 120 dB, whatever they were fed with.
///
/// When |h| is the response of the chain and S the sum of `|h[n]| e^(g n)`, all that comes after n sums up to at most
/// `S e^(-g n)`, and S is at most the product of those of the sections. The smallest of these bounds for a few dozen
/// growth rates g, all slower than the slowest pole, is taken. What is remembered and not heard (an equaliser that
/// changes nothing for now) counts, too: it is heard when the settings change.
pub fn ring(sections: impl Iterator<Item = Section>) -> usize {
    let responses: Vec<Response> = sections.map(|section| Response::new(&section)).collect();
    let limit = responses.iter().map(|response| -libm::log(response.slow())).fold(f64::INFINITY, f64::min);
    let frames = (1..STEPS).map(|step| {
        let growth = limit * f64::from(step) / f64::from(STEPS);
        let weight: f64 = responses.iter().map(|response| libm::log(response.weight(growth))).sum();
        (weight + 6.0 * std::f64::consts::LN_10) / growth
    });
    frames.fold(f64::INFINITY, f64::min).max(0.0).ceil() as usize
}

/// How many growth rates are tried.
const STEPS: u32 = 32;

/// The impulse response of one section, which its first three values and its poles describe.
struct Response {
    /// The response at once, and that of the next two frames.
    direct: f64,
    first: f64,
    second: f64,
    poles: Poles,
}

/// The eigenvalues of A.
enum Poles {
    /// Two real ones, the larger size first.
    Real(f64, f64),
    /// A complex pair: the real part, and the imaginary part without its sign.
    Pair(f64, f64),
}

impl Response {
    fn new(section: &Section) -> Self {
        let Section { a, b, c, d } = *section;
        let centre = (a[0][0] + a[1][1]) / 2.0;
        let apart = centre * centre - (a[0][0] * a[1][1] - a[0][1] * a[1][0]);
        let poles = if apart < 0.0 {
            Poles::Pair(centre, (-apart).sqrt())
        } else {
            let side = apart.sqrt().copysign(centre);
            Poles::Real(centre + side, centre - side)
        };
        Response { direct: d, first: dot(c, b), second: dot(c, a.map(|row| dot(row, b))), poles }
    }

    /// The size of the slower pole; a little more than nothing, to have a logarithm.
    fn slow(&self) -> f64 {
        match self.poles {
            Poles::Real(slow, _) => slow.abs(),
            Poles::Pair(real, imaginary) => (real * real + imaginary * imaginary).sqrt(),
        }
        .max(1e-30)
    }

    /// A bound of the sum of `|h[n]| e^(growth n)`: the better one of two.
    fn weight(&self, growth: f64) -> f64 {
        let Response { first, second, .. } = *self;
        let grown = libm::exp(growth);
        // The sum of `size^n e^(growth n)`.
        let sum = |size: f64| 1.0 / (1.0 - size * grown);
        // A sum of two powers, or a damped sine of this amplitude: good when the poles are far from each other.
        let (apart, beside) = match self.poles {
            Poles::Real(slow, fast) => {
                let share = (second - first * fast) / (slow - fast);
                let apart = share.abs() * sum(slow.abs()) + (first - share).abs() * sum(fast.abs());
                (apart, (second - first * slow).abs())
            }
            Poles::Pair(real, imaginary) => {
                let (cosine, sine) = (first, (second - first * real) / imaginary);
                let beside =
                    dot([second - first * real, first * imaginary], [second - first * real, first * imaginary]);
                ((cosine * cosine + sine * sine).sqrt() * sum(self.slow()), beside.sqrt())
            }
        };
        // `h[n + 1] = h[1] p^n + (h[2] - h[1] p) (p^(n-1) + p^(n-2) q + ...)`, n terms of at most the slower pole's size:
        // good when the poles are close to each other.
        let close = first.abs() * sum(self.slow()) + beside * grown * sum(self.slow()) * sum(self.slow());
        // Poles that coincide leave no number for the first bound, and `min` takes the other.
        self.direct.abs() + grown * apart.min(close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::iir::warp;

    /// When what is left of the response of all sections sums up to less than a millionth.
    fn ended(sections: &[Section], frames: usize) -> usize {
        let mut states = vec![[0.0; 2]; sections.len()];
        let response: Vec<f64> = (0..frames)
            .map(|n| {
                let click = if n == 0 { 1.0 } else { 0.0 };
                sections.iter().zip(&mut states).fold(click, |x, (section, state)| section.step(x, state))
            })
            .collect();
        let mut rest = 0.0;
        response
            .iter()
            .rposition(|h| {
                rest += h.abs();
                rest >= 1e-6
            })
            .unwrap_or(0)
    }

    #[test]
    fn it_is_long_enough_and_not_much_longer() {
        let section = |freq_hz, k, mix| Section::state_variable(warp(freq_hz, 48_000), k, mix);
        for freq_hz in [10.0, 300.0, 5000.0, 30_000.0] {
            for k in [0.02, 0.5, 1.414, 2.0, 8.0] {
                for mix in [[0.0, 0.0, 1.0], [1.0, -k, -1.0], [1.0, 3.0, 0.0]] {
                    let sections = [section(freq_hz, k, mix)];
                    let frames = ring(sections.into_iter());
                    let ended = ended(&sections, 2 * frames);
                    assert!((ended..=ended * 5 / 3 + 20).contains(&frames), "{freq_hz} {k}: {frames} for {ended}");
                }
            }
            let chain: Vec<Section> =
                (0..8).map(|i| section(freq_hz, 0.2 + 0.2 * f64::from(i), [0.0, 0.0, 1.0])).collect();
            let frames = ring(chain.iter().copied());
            let ended = ended(&chain, 2 * frames);
            assert!((ended..=ended * 2 + 100).contains(&frames), "{freq_hz}: {frames} for {ended}");
        }
    }

    #[test]
    fn what_is_not_heard_counts_as_long_as_it_is_remembered() {
        let silent = Section::state_variable(warp(1000.0, 48_000), 1.0, [1.0, 0.0, 0.0]);
        let frames = ring(std::iter::once(silent));
        let mut state = [1.0, 0.0];
        (0..frames).for_each(|_| assert_eq!(silent.step(0.0, &mut state), 0.0));
        assert!(dot(state, state).sqrt() < 2e-6, "{state:?} after {frames} frames");
    }
}
