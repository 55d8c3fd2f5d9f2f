//! The script of a mix, read again after each edit.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use downbeat_engine::Session;
use downbeat_script::{Diagnostic, Evaluation, Memory, Options, Sources, evaluate};

use super::inputs::Inputs;
use crate::args;
use crate::commands::render::title;
use crate::exit::Fail;
use crate::mix::Place;
use crate::world::Folders;

/// A script, and how it is evaluated.
pub struct Script {
    path: PathBuf,
    place: Place,
    allow_read: Vec<PathBuf>,
    options: Options,
}

/// What came of the script this time.
pub struct Reading {
    /// What it may read; none when not even its folder is there.
    pub world: Option<Arc<Folders>>,
    /// What it asked for, if there was no error.
    pub session: Option<Arc<Session>>,
    /// All else that came of it.
    pub evaluation: Evaluation,
}

impl Script {
    /// A script, which need not be there yet. What is decoded for one evaluation is of use for the next: it is kept in so
    /// many bytes.
    ///
    /// # Errors
    /// When it is a folder, or its own folder is not there.
    pub fn new(args: &args::Mix, memory: u64) -> Result<Self, Fail> {
        let path = args.script.clone();
        let place = Place::of(&path)?;
        if path.is_dir() {
            return Err(Fail::usage(format!("{} is a folder", path.display()))
                .hint("downbeat needs the script of a mix, such as mix.star"));
        }
        let memory = Some(Arc::new(Memory::new(memory)));
        let options = Options { settings: args.settings.clone(), memory, ..Options::default() };
        let script = Script { path, place, allow_read: args.allow_read.clone(), options };
        script.world().map_err(|error| {
            Fail::usage(format!("cannot read {error}"))
                .hint("the folder of the mix, and those of --allow-read, have to be there")
        })?;
        Ok(script)
    }

    /// The folder it is in.
    pub fn folder(&self) -> PathBuf {
        let folder = self.place.base.join(&self.place.folder);
        folder.join(".").canonicalize().unwrap_or(folder)
    }

    /// The name of its file.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Its path, as diagnostics have it.
    pub fn path(&self) -> &str {
        &self.place.script
    }

    /// The mix by the name of its folder and its own.
    pub fn title(&self) -> String {
        title(&self.path)
    }

    /// Evaluates it.
    pub fn read(&self) -> Reading {
        match self.world() {
            Ok(world) => {
                let world = Arc::new(world.remembering());
                let mut evaluation = evaluate(&self.place.script, world.clone(), &self.options);
                Reading { world: Some(world), session: evaluation.session.take().map(Arc::new), evaluation }
            }
            Err(error) => {
                let error = Diagnostic::error(format!("cannot read {error}"));
                let (sources, none) = (Sources::default(), Vec::new());
                let evaluation = Evaluation {
                    session: None,
                    diagnostics: vec![error],
                    sources,
                    prints: none,
                    recordings: Vec::new(),
                };
                Reading { world: None, session: None, evaluation }
            }
        }
    }

    fn world(&self) -> std::io::Result<Folders> {
        Folders::new(&self.place.base, &self.place.folder, &self.allow_read).map_err(|error| {
            let folder = if self.place.folder == Path::new("") { Path::new(".") } else { &self.place.folder };
            let is_told = error.get_ref().is_some();
            if is_told { error } else { std::io::Error::new(error.kind(), format!("{}: {error}", folder.display())) }
        })
    }
}

impl Reading {
    /// Whether there is nothing new compared with another one.
    pub fn says_the_same_as(&self, other: &Reading) -> bool {
        let (a, b) = (&self.evaluation, &other.evaluation);
        // The texts differ soonest.
        a.sources == b.sources
            && a.diagnostics == b.diagnostics
            && a.prints == b.prints
            && self.session == other.session
    }

    /// What it was made of; of a script whose folder is gone, the script.
    pub fn inputs(&self, script: &Script) -> Inputs {
        self.world.as_ref().map(|world| world.inputs()).unwrap_or_else(|| {
            let mut inputs = Inputs::default();
            inputs.add(std::path::absolute(&script.path).unwrap_or_else(|_| script.path.clone()));
            inputs
        })
    }
}
