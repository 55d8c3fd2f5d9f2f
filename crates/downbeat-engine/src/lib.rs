//! Session, plan and render: the engine of Downbeat.
//!
//! ```text
//! Session -> plan -> Plan -> render -> pages of Audio
//! ```
//! Each stage is a plain function, and no stage reaches back. The engine has never heard of the script language.
#![forbid(unsafe_code)]

mod chain;
mod expectation;
mod gains;
mod key;
pub mod media;
pub mod midi;
mod plan;
mod render;
pub mod session;
pub mod time;
mod world;

pub use chain::process;
pub use expectation::{Bounds, Expectation, READINGS, Reading};
pub use key::Key;
pub use plan::{HeardStrip, Job, Plan, plan};
pub use render::live;
pub use render::{
    Adjustment, Recordings, RenderError, RenderOptions, Report, StripReport, Survey, SurveyOptions, Tap, TapError,
    Taps, pyramid, render, render_clip, survey,
};
pub use session::{Session, StripIndex};
pub use world::{Bytes, Stamp, World, WorldError, read};
