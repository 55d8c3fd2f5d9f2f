//! Any text as a mix, with no files and little to use up. There is a session or an error, and errors can be shown.
#![no_main]

use std::sync::Arc;

use downbeat_engine::{Bytes, World, WorldError, plan};
use downbeat_script::{Limits, Options, evaluate, render_diagnostics};
use libfuzzer_sys::fuzz_target;

struct OneScript(String);

impl World for OneScript {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match path {
            "mix.star" => Ok(Box::new(std::io::Cursor::new(self.0.clone()))),
            _ => Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() }),
        }
    }
}

fuzz_target!(|text: String| {
    let limits = Limits { steps: 10_000, memory: 16 << 20, depth: 50 };
    let options = Options { limits, ..Options::default() };
    let evaluation = evaluate("mix.star", Arc::new(OneScript(text)), &options);
    let errors = evaluation.diagnostics.iter().any(|diagnostic| diagnostic.is_error());
    assert!(evaluation.session.is_some() != errors);
    render_diagnostics(&evaluation.diagnostics, &evaluation.sources, false);
    if let Some(session) = evaluation.session {
        // A plan is refused or made; both are answers.
        let _ = plan(&session);
    }
});
