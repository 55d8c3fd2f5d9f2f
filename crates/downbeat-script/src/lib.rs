//! The language of a mix: Starlark with the words of a mixing desk.
//!
//! [`evaluate`] turns a script into a [`Session`](downbeat_engine::session::Session) and a list of [`Diagnostic`]s. All
//! that a script can call is declared in tables ([`reference()`] shows them); one matcher for arguments, one way to report.
//!
//! ```
//! # use std::io::Cursor;
//! # use std::sync::Arc;
//! # use downbeat_engine::{Bytes, World, WorldError};
//! use downbeat_script::{Options, evaluate};
//!
//! struct OneScript(&'static str);
//!
//! impl World for OneScript {
//!     fn open(&self, _path: &str) -> Result<Box<dyn Bytes>, WorldError> {
//!         Ok(Box::new(Cursor::new(self.0)))
//!     }
//! }
//!
//! let script = r#"
//! beep = sweep(65, 261, ms = 850)
//! lead = track("Lead", beep).fader(db = -6).pan(-0.2)
//! lead.place(beep, at = seconds(2), db = -12)
//! "#;
//! let world = Arc::new(OneScript(script));
//! let evaluation = evaluate("mix.star", world, &Options::default());
//! assert_eq!(evaluation.diagnostics, []);
//! assert_eq!(evaluation.session.unwrap().tracks[0].strip.fader_db, (-6.0).into());
//! ```
#![deny(unsafe_code)]

mod accept;
mod basics;
mod call;
mod checks;
mod clips;
mod desk;
mod diagnostic;
mod effects;
mod eval;
mod every;
mod expect;
mod facts;
mod fault;
mod files;
mod follow;
mod followers;
mod function;
mod grid;
mod held;
mod language;
mod lengths;
mod made;
mod math;
mod memory;
mod motion;
mod nearest;
mod object;
mod onsets;
mod reference;
mod render;
mod rhythm;
mod routing;
mod scan;
mod segments;
mod shelf;
mod song;
mod sound;
mod source;
mod stage;
mod strips;
mod syntax;
mod time;
mod tree;
mod unknown;

pub use desk::{Limits, Options};
pub use diagnostic::{Diagnostic, Severity};
pub use eval::{Evaluation, Mistakes, evaluate, evaluate_effects};
pub use expect::complaint;
pub use language::names;
pub use memory::Memory;
pub use reference::{Chapter, FieldEntry, FunctionEntry, ParamEntry, reference};
pub use render::render_diagnostics;
pub use source::{Sources, Span};
