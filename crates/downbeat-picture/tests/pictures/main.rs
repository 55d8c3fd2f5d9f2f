//! A picture of each kind, pixel for pixel and, as SVG, sign for sign.
//!
//! `golden.txt` holds the hashes of each, and `golden/` the pictures as they were. `UPDATE_GOLDEN=1 cargo test -p
//! downbeat-picture` writes both anew. Look at the pictures first: a test that fails makes a page of what was, what is
//! and what differs, and says where.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, in its helpers, too")]

mod cases;
mod golden;
mod report;
mod svg;
