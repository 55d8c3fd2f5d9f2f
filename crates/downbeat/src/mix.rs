//! Opens a mix: runs its script, and tells what is wrong with it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use downbeat_engine::{Plan, Session, plan};
use downbeat_script::{Evaluation, Options, evaluate, render_diagnostics};

use crate::args;
use crate::exit::Fail;
use crate::terminal::{Terminal, note};
use crate::world::Folders;

/// A mix that is ready to be rendered.
pub struct Mix {
    /// The folder it may read.
    pub world: Arc<Folders>,
    /// What the script asked for.
    pub session: Session,
    /// The session, made ready.
    pub plan: Plan,
    /// What the evaluation has decoded.
    pub evaluation: Evaluation,
}

/// Runs a script. Everything it prints and all that is wrong with it goes to standard error.
pub fn open(args: &args::Mix, rate: Option<u32>, threads: Option<usize>, terminal: &Terminal) -> Result<Mix, Fail> {
    let script = args.script.display();
    expect_file(&args.script)?;
    let place = Place::of(&args.script)?;
    let world = Folders::new(&place.base, &place.folder, &args.allow_read);
    let world = Arc::new(world.map_err(|error| {
        Fail::usage(format!("cannot read {error}")).hint("--allow-read takes a folder that is there")
    })?);
    let options = Options { rate, settings: args.settings.clone(), threads, ..Options::default() };
    let mut evaluation = evaluate(&place.script, world.clone(), &options);
    evaluation.prints.iter().for_each(|line| note(&format!("{line}\n")));
    note(&render_diagnostics(&evaluation.diagnostics, &evaluation.sources, terminal.color));
    let Some(session) = evaluation.session.take() else {
        let errors = evaluation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let plural = if errors == 1 { "" } else { "s" };
        return Err(Fail::error(format!("{script} has {errors} error{plural}")));
    };
    let plan = plan(&session).map_err(|error| Fail::error(format!("{script}: {error}")))?;
    Ok(Mix { world, session, plan, evaluation })
}

/// Where a script is.
pub struct Place {
    /// What paths in messages are relative to: the working directory, so that they lead to the file.
    pub base: PathBuf,
    /// The script's folder, seen from there.
    pub folder: PathBuf,
    /// The script, seen from there.
    pub script: String,
}

/// There has to be a script.
fn expect_file(script: &Path) -> Result<(), Fail> {
    if script.is_file() {
        return Ok(());
    }
    let what = match std::fs::metadata(script) {
        Ok(there) if there.is_dir() => "is a folder",
        Ok(_) => "is not a plain file",
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "is not there",
        Err(_) => "cannot be read",
    };
    let fail = Fail::usage(format!("{} {what}", script.display()));
    let with_star = script.with_extension("star");
    Err(if with_star.is_file() {
        fail.hint(format!("did you mean {}?", with_star.display()))
    } else {
        fail.hint("downbeat needs the script of a mix, such as mix.star")
    })
}

impl Place {
    /// The place of a script, which need not be there.
    ///
    /// # Errors
    /// When its name is no text.
    pub fn of(script: &Path) -> Result<Self, Fail> {
        let script: PathBuf = script.components().filter(|part| *part != Component::CurDir).collect();
        let folder = script.parent().unwrap_or(Path::new("")).to_path_buf();
        let text = |path: &Path| path.to_str().map(|text| text.replace(std::path::MAIN_SEPARATOR, "/"));
        match (text(&script), script.file_name().map(Path::new).and_then(text)) {
            (Some(script), _) => Ok(Place { base: PathBuf::new(), folder, script }),
            // A folder whose name is no text cannot be shown: then paths start inside of it.
            (None, Some(script)) => Ok(Place { base: folder, folder: PathBuf::new(), script }),
            (None, None) => Err(Fail::usage(format!("the name of {} is not in UTF-8", script.display()))
                .hint("rename it: the places of mistakes are told by it")),
        }
    }
}
