//! Complex numbers, one and several side by side.

use std::ops::{Add, Mul, Sub};

use super::fft::Lanes;

/// A complex number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complex {
    pub re: f32,
    pub im: f32,
}

/// A complex number of each of the frames side by side.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Point {
    re: Lanes,
    im: Lanes,
}

impl Point {
    #[inline(always)]
    pub fn at(&self, lane: usize) -> Complex {
        Complex { re: self.re[lane], im: self.im[lane] }
    }

    #[inline(always)]
    pub fn put(&mut self, lane: usize, number: Complex) {
        (self.re[lane], self.im[lane]) = (number.re, number.im);
    }
}

impl Complex {
    #[inline(always)]
    pub fn conjugate(self) -> Complex {
        Complex { re: self.re, im: -self.im }
    }

    /// Times `-i`.
    #[inline(always)]
    pub fn quarter_back(self) -> Complex {
        Complex { re: self.im, im: -self.re }
    }

    /// The square of the absolute value.
    #[inline(always)]
    pub fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }
}

impl Add for Complex {
    type Output = Complex;

    #[inline(always)]
    fn add(self, other: Complex) -> Complex {
        Complex { re: self.re + other.re, im: self.im + other.im }
    }
}

impl Sub for Complex {
    type Output = Complex;

    #[inline(always)]
    fn sub(self, other: Complex) -> Complex {
        Complex { re: self.re - other.re, im: self.im - other.im }
    }
}

impl Mul for Complex {
    type Output = Complex;

    #[inline(always)]
    fn mul(self, other: Complex) -> Complex {
        Complex { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }
}
