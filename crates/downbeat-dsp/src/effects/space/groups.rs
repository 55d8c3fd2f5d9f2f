//! Groups of outputs: what recursions that are unrolled have in common.

/// Makes outputs in groups of `AHEAD`, each from a window of sums and the group before it. Of the last group as many count
/// as there is room for. Gives the last `AHEAD` outputs there were, to go on with. There are as many sums as the last whole
/// group needs.
#[inline(always)]
pub fn in_groups<T: Copy, const WINDOW: usize, const AHEAD: usize>(
    to: &mut [T],
    mut sums: &[T],
    mut last: [T; AHEAD],
    outputs: impl Fn(&[T; WINDOW], &[T; AHEAD]) -> [T; AHEAD],
) -> [T; AHEAD] {
    let (groups, rest) = to.as_chunks_mut::<AHEAD>();
    for group in groups {
        let Some(window) = sums.first_chunk() else { break };
        last = outputs(window, &last);
        *group = last;
        sums = &sums[AHEAD..];
    }
    if let (Some(window), false) = (sums.first_chunk(), rest.is_empty()) {
        let group = outputs(window, &last);
        rest.copy_from_slice(&group[..rest.len()]);
        last.rotate_left(rest.len());
        last[AHEAD - rest.len()..].copy_from_slice(rest);
    }
    last
}
