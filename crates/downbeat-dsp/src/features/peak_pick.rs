//! Peaks of an envelope: frames that stand out from what is around them.

/// When a frame is a peak. All lengths are in frames.
///
/// Source: Böck, Krebs and Schedl, "Evaluating the online capabilities of onset detection methods" (ISMIR 2012),
/// section 2.3; with the windows as librosa's `util.peak_pick` has them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PeakPicking {
    /// A peak is the greatest of these frames before it...
    pub pre_max: usize,
    /// ...itself and those after it, `post_max` in all.
    pub post_max: usize,
    /// It is above the mean of these frames before it...
    pub pre_avg: usize,
    /// ...itself and those after it, `post_avg` in all...
    pub post_avg: usize,
    /// ...by at least this, in the envelope's own unit.
    pub delta: f32,
    /// After a peak, so many frames are passed over.
    pub wait: usize,
}

/// The frames of `envelope` that are peaks, in rising order. None when a value is not finite.
///
/// ```
/// use downbeat_dsp::features::{PeakPicking, peak_pick};
/// let picking = PeakPicking { pre_max: 1, post_max: 2, pre_avg: 2, post_avg: 3, delta: 0.5, wait: 1 };
/// assert_eq!(peak_pick(&[0.0, 0.0, 3.0, 0.0, 0.0, 0.1, 0.0, 2.0], &picking), [2, 7]);
/// ```
pub fn peak_pick(envelope: &[f32], picking: &PeakPicking) -> Vec<usize> {
    let mut peaks = Vec::new();
    if envelope.iter().any(|x| !x.is_finite()) {
        return peaks;
    }
    let mut frame = 0;
    while frame < envelope.len() {
        if is_peak(envelope, frame, picking) {
            peaks.push(frame);
            frame = frame.saturating_add(picking.wait);
        }
        frame = frame.saturating_add(1);
    }
    peaks
}

fn is_peak(envelope: &[f32], frame: usize, picking: &PeakPicking) -> bool {
    let height = envelope[frame];
    let around = |before: usize, from_here: usize| {
        let end = frame.saturating_add(from_here.max(1)).min(envelope.len());
        &envelope[frame.saturating_sub(before)..end]
    };
    if around(picking.pre_max, picking.post_max).iter().any(|&x| x > height) {
        return false;
    }
    let near = around(picking.pre_avg, picking.post_avg);
    let mean = near.iter().map(|&x| f64::from(x)).sum::<f64>() / near.len() as f64;
    f64::from(height) >= mean + f64::from(picking.delta)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICKING: PeakPicking = PeakPicking { pre_max: 2, post_max: 1, pre_avg: 4, post_avg: 5, delta: 0.07, wait: 2 };

    #[test]
    fn the_windows_end_before_their_last_frame() {
        // With `post_max` 1 nothing after the frame is looked at, with 2 the next frame is.
        let envelope = [0.0, 0.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.0];
        assert_eq!(peak_pick(&envelope, &PeakPicking { wait: 0, ..PICKING }), [3, 4]);
        assert_eq!(peak_pick(&envelope, &PeakPicking { wait: 0, post_max: 2, ..PICKING }), [4]);
    }

    #[test]
    fn after_a_peak_frames_are_passed_over() {
        let mut envelope = [0.0; 20];
        for frame in [0, 2, 3, 10, 13] {
            envelope[frame] = 1.0;
        }
        assert_eq!(peak_pick(&envelope, &PICKING), [0, 3, 10, 13]);
    }

    #[test]
    fn what_does_not_stand_out_is_no_peak() {
        assert_eq!(peak_pick(&[], &PICKING), []);
        assert_eq!(peak_pick(&[0.5; 50], &PICKING), []);
        assert_eq!(peak_pick(&[0.0, f32::NAN, 9.0], &PICKING), []);
        let whole = PeakPicking { pre_max: usize::MAX, post_max: usize::MAX, wait: usize::MAX, ..PICKING };
        assert_eq!(peak_pick(&[0.0, 0.0, 1.0, 0.0, 2.0, 1.0], &whole), [4]);
    }
}
