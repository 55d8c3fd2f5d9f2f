//! Complex numbers, one and several side by side, in 32 or 64 bits.

use std::ops::{Add, Mul, Neg, Sub};

use super::fft::LANES;

/// What a transform calculates in.
pub(super) trait Real:
    Copy + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self> + From<f32>
{
    /// The nearest one.
    fn nearest(x: f64) -> Self;
    /// The nearest number of 32 bits.
    fn single(self) -> f32;
}

impl Real for f32 {
    fn nearest(x: f64) -> f32 {
        x as f32
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self
    }
}

impl Real for f64 {
    fn nearest(x: f64) -> f64 {
        x
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self as f32
    }
}

/// A complex number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complex<T> {
    pub re: T,
    pub im: T,
}

/// A complex number of each of the frames side by side, where no vector of it lies in two lines of the cache.
#[derive(Clone, Copy, Default, Debug)]
#[repr(align(64))]
pub(super) struct Point<T> {
    re: [T; LANES],
    im: [T; LANES],
}

impl<T: Real> Point<T> {
    #[inline(always)]
    pub fn at(&self, lane: usize) -> Complex<T> {
        Complex { re: self.re[lane], im: self.im[lane] }
    }

    #[inline(always)]
    pub fn put(&mut self, lane: usize, number: Complex<T>) {
        (self.re[lane], self.im[lane]) = (number.re, number.im);
    }
}

impl<T: Real> Complex<T> {
    #[inline(always)]
    pub fn conjugate(self) -> Self {
        Complex { re: self.re, im: -self.im }
    }

    /// Times `-i`.
    #[inline(always)]
    pub fn quarter_back(self) -> Self {
        Complex { re: self.im, im: -self.re }
    }

    /// The square of the absolute value.
    #[inline(always)]
    pub fn power(self) -> T {
        self.re * self.re + self.im * self.im
    }
}

impl<T: Real> Add for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Complex { re: self.re + other.re, im: self.im + other.im }
    }
}

impl<T: Real> Sub for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Complex { re: self.re - other.re, im: self.im - other.im }
    }
}

impl<T: Real> Mul for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Complex { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }
}
