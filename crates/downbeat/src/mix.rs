//! Opens a mix: runs its script, and tells what is wrong with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use downbeat_engine::{Plan, Session, World, plan};
use downbeat_script::{Evaluation, Options, evaluate, render_diagnostics};

use crate::args;
use crate::exit::Fail;
use crate::terminal::Terminal;
use crate::world::Folders;

/// A mix that is ready to be rendered.
pub struct Mix {
    /// The folder it may read.
    pub world: Arc<dyn World>,
    /// What the script asked for.
    pub session: Session,
    /// The session, made ready.
    pub plan: Plan,
    /// What the evaluation has decoded.
    pub evaluation: Evaluation,
}

/// Runs a script. Everything it prints and all that is wrong with it goes to standard error.
pub fn open(args: &args::Mix, rate: Option<u32>, terminal: &Terminal) -> Result<Mix, Fail> {
    let (folder, name) = place(&args.script)?;
    let world = Folders::new(&folder, &args.allow_read).map_err(|error| Fail::usage(error.to_string()))?;
    let world: Arc<dyn World> = Arc::new(world);
    let options = Options { rate, settings: args.settings.clone(), ..Options::default() };
    let mut evaluation = evaluate(&name, world.clone(), &options);
    evaluation.prints.iter().for_each(|line| eprintln!("{line}"));
    let text = render_diagnostics(&evaluation.diagnostics, &evaluation.sources, terminal.color);
    eprint!("{text}");
    let Some(session) = evaluation.session.take() else {
        let errors = evaluation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let plural = if errors == 1 { "" } else { "s" };
        return Err(Fail::error(format!("{} has {errors} error{plural}", args.script.display())));
    };
    let plan = plan(&session).map_err(|error| Fail::error(error.to_string()))?;
    Ok(Mix { world, session, plan, evaluation })
}

fn place(script: &Path) -> Result<(PathBuf, String), Fail> {
    if !script.is_file() {
        let what = if script.is_dir() { "is a folder" } else { "is not there" };
        return Err(Fail::usage(format!("{} {what}: downbeat needs the script of a mix", script.display())));
    }
    let folder = script.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((folder.to_path_buf(), name))
}
