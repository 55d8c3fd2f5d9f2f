//! How much memory states hold: who keeps checkpoints has to know what they take.

/// What may hold memory besides its own size.
pub trait Held {
    /// The bytes on the heap that a clone asks for: those of what it owns, to the byte. What is shared counts nothing.
    fn held(&self) -> usize {
        0
    }
}

impl Held for () {}
impl Held for f32 {}
impl Held for f64 {}

impl<T: Held> Held for Vec<T> {
    fn held(&self) -> usize {
        size_of_val(self.as_slice()) + self.iter().map(T::held).sum::<usize>()
    }
}

impl<T: Held, const LENGTH: usize> Held for [T; LENGTH] {
    fn held(&self) -> usize {
        self.iter().map(T::held).sum()
    }
}

impl<T: Held, U: Held> Held for (T, U) {
    fn held(&self) -> usize {
        self.0.held() + self.1.held()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_what_counts_too() {
        assert_eq!([1.0_f32; 100].held(), 0, "an array lies where it is");
        assert_eq!(vec![1.0_f32; 100].held(), 400);
        let planes = vec![vec![0.0_f64; 10]; 2];
        assert_eq!(planes.held(), 2 * size_of::<Vec<f64>>() + 160);
        assert_eq!((planes, [vec![0.0_f32; 3], Vec::new()]).held(), 2 * size_of::<Vec<f64>>() + 172);
    }
}
