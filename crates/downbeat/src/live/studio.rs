//! The studio: one thread that evaluates the script after an edit, renders what has changed, and shows it. Whatever it is at,
//! a newer edit comes first.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use downbeat_engine::live::{Excerpt, Live, LiveOptions, Ran, Store, Take};
use downbeat_engine::{RenderError, Session, StripIndex};
use downbeat_script::{Diagnostic, Sources};
use serde_json::{Value, json};

use super::board::Board;
use super::changes::Changes;
use super::desk::Desk;
use super::facts;
use super::fingerprint::Fingerprint;
use super::idle::Idle;
use super::mailbox::Mailbox;
use super::published::{Published, Raw};
use super::samples::PAGE;
use super::scout::{Scout, Shown};
use super::script::{Reading, Script};
use super::voice::{Done, Voice};
use super::watcher::Watcher;
use crate::memory;
use crate::world::Folders;

/// What the program may take besides what it keeps, in bytes, before it looks for free memory to give back.
const BESIDES: u64 = 128 << 20;

/// An error is shown when no other edit follows within this time: many editors empty a file before they write it.
const GRACE: Duration = Duration::from_millis(40);

/// A file that goes on changing while it is read, such as a recording that is being written, is read again after so long.
const REST: Duration = Duration::from_millis(250);

/// So often everything is looked at although nothing was told: some file systems tell nothing.
const ROUND: Duration = Duration::from_secs(2);

/// The part of the memory that is for the raw recordings.
const RAW_SHARE: u64 = 8;

/// The one who works on edits.
pub struct Studio {
    script: Arc<Script>,
    watcher: Watcher,
    mailbox: Arc<Mailbox>,
    board: Arc<Board>,
    idle: Arc<Idle>,
    voice: Voice,
    /// Renders what the script says, and what is heard where that is something else, over one store; and the raw recordings.
    mix: Arc<Live>,
    heard: Arc<Live>,
    raw: Arc<Live>,
    /// The listener's newest wish, and its number.
    desk: (u64, Desk),
    /// The number of the newest take.
    number: u64,
    /// An edit that is not evaluated yet, and when it is to be.
    edit: Option<(Instant, Instant)>,
    /// The last script without errors.
    good: Option<Good>,
    /// What is wrong now. What comes after it is rendered, whatever it says.
    error: Option<Value>,
    /// What is being rendered.
    job: Option<Job>,
    /// What differs from what is shown.
    changes: Changes,
    /// Whether what is shown is what the script says; none when nothing is.
    shown_as_scripted: Option<bool>,
    fingerprint: Fingerprint,
    /// What it may keep, in bytes.
    memory: u64,
    /// The take, and the page of it, around which all is at hand.
    attended: Option<(u64, u64)>,
    /// Takes that nobody asks for any more: they are let go of when nobody waits.
    gone: Vec<Arc<Published>>,
}

/// A script without errors.
struct Good {
    reading: Arc<Reading>,
    world: Arc<Folders>,
    session: Arc<Session>,
    mix: Arc<Take>,
}

/// A take that is being rendered.
struct Job {
    take: Arc<Published>,
    reading: Arc<Reading>,
    /// When the edit was; none when only the listener's desk has changed.
    edit: Option<Instant>,
    /// How many of its sounds are rendered, and what was done for them.
    sounds: usize,
    work: Work,
}

/// What was done for a take.
#[derive(Default)]
struct Work {
    run: u64,
    reused: u64,
    ran: Vec<Ran>,
}

impl Studio {
    /// Everything that is needed to work; finished work is kept in so many bytes.
    ///
    /// # Errors
    /// When there are no threads to render on.
    pub fn new(
        (script, watcher, voice): (Script, Watcher, Voice),
        (mailbox, board, idle): (Arc<Mailbox>, Arc<Board>, Arc<Idle>),
        memory: u64,
    ) -> Result<Self, RenderError> {
        let live = |bytes| Live::new(Arc::new(Store::new(bytes)), LiveOptions { threads: None, page: PAGE as usize });
        let mix = live(memory - memory / RAW_SHARE)?;
        // What is heard is rendered before what the script says, and never at once with it.
        let heard = Arc::new(mix.beside());
        // The raw recordings are heard now and then: they do not take the room of what is edited.
        let (mix, raw) = (Arc::new(mix), Arc::new(live(memory / RAW_SHARE)?));
        Ok(Studio {
            script: Arc::new(script),
            watcher,
            mailbox,
            board,
            idle,
            voice,
            mix,
            heard,
            raw,
            desk: Default::default(),
            number: 0,
            edit: None,
            good: None,
            error: None,
            job: None,
            changes: Changes::default(),
            shown_as_scripted: None,
            fingerprint: Fingerprint::default(),
            memory,
            attended: None,
            gone: Vec::new(),
        })
    }

    /// Works until it is over.
    pub fn run(mut self) {
        self.evaluate(Instant::now());
        loop {
            if self.job.is_some() {
                self.render();
            }
            if self.job.is_none() {
                self.attend();
            }
            let rest = self.edit.map_or(ROUND, |(_, at)| at.saturating_duration_since(Instant::now()));
            let mail = if self.job.is_some() { self.mailbox.take() } else { self.mailbox.wait(rest) };
            if mail.is_over {
                return;
            }
            if mail.edited.is_none() && self.edit.is_none() && self.job.is_none() {
                self.watcher.look();
            }
            if let Some(edit) = mail.edited {
                let at = self.edit.map_or(edit, |(_, at)| at);
                self.edit = Some((edit, at));
            }
            let number = self.number;
            // One that is as the one before has a number of its own, which its listener waits for.
            let is_moved = mail.desk.map(|desk| self.desk = desk).is_some();
            if let Some((edit, _)) = self.edit.take_if(|(_, at)| *at <= Instant::now()) {
                self.evaluate(edit);
            }
            // An edit is planned for the desk as it is.
            if is_moved && self.number == number {
                self.plan(None);
            }
        }
    }

    /// Evaluates the script as it is now. What is to be rendered then is planned.
    fn evaluate(&mut self, mut edit: Instant) {
        let mut rounds = 0;
        let reading = loop {
            let reading = self.script.read();
            let is_old = self.watcher.follow(reading.inputs(&self.script));
            let is_broken = !is_old && reading.session.is_none();
            let Some(newer) = self.mailbox.take_edit(if is_broken { GRACE } else { Duration::ZERO }) else {
                break reading;
            };
            (edit, rounds) = (newer, rounds + 1);
            if is_old && rounds > 1 {
                self.edit = Some((edit, Instant::now() + REST));
                return;
            }
        };
        let (Some(session), Some(world)) = (&reading.session, &reading.world) else {
            self.voice.prints(&reading.evaluation.prints);
            return self.fail(&reading.evaluation.diagnostics, &reading.evaluation.sources);
        };
        let is_known = |good: &Good| good.reading.says_the_same_as(&reading);
        if self.error.is_none() && self.good.as_ref().is_some_and(is_known) {
            return;
        }
        self.voice.prints(&reading.evaluation.prints);
        let is_told = |good: &Good| good.reading.evaluation.diagnostics == reading.evaluation.diagnostics;
        if !self.good.as_ref().is_some_and(is_told) {
            self.voice.warnings(&reading.evaluation.diagnostics, &reading.evaluation.sources);
        }
        let (session, world) = (session.clone(), world.clone());
        let reading = Arc::new(reading);
        match planned(&self.mix, 0, &session, &world, &reading) {
            Ok(mix) => {
                self.good = Some(Good { reading, world, session, mix });
                self.error = None;
                self.plan(Some(edit));
            }
            Err(error) => self.fail(&[Diagnostic::error(error.to_string())], &reading.evaluation.sources),
        }
    }

    /// Plans a take of the script as it is, for the desk as it is.
    fn plan(&mut self, edit: Option<Instant>) {
        let Some(Good { reading, world, session, mix }) = &self.good else { return };
        let heard = self.desk.1.applied_to(session).map(Arc::new);
        // What is silenced does not make the song shorter.
        let own = |heard| planned(&self.heard, mix.frames(), heard, world, reading);
        let sound = match heard.as_ref().map_or_else(|| Ok(mix.clone()), own) {
            Ok(sound) => sound,
            Err(error) => {
                let sources = reading.evaluation.sources.clone();
                return self.fail(&[Diagnostic::error(error.to_string())], &sources);
            }
        };
        let raw = Raw {
            live: self.raw.clone(),
            session: heard.unwrap_or_else(|| session.clone()),
            frames: sound.frames(),
            world: world.clone(),
            recordings: reading.evaluation.recordings.clone(),
            take: OnceLock::new(),
        };
        self.number += 1;
        let (session, desk, mix, heard) = (session.clone(), self.desk.clone(), mix.clone(), sound);
        let take = Arc::new(Published { number: self.number, session, desk, mix, heard, raw });
        // A desk that was changed during an edit is heard with that edit.
        let edit = edit.or_else(|| self.job.as_ref().and_then(|job| job.edit));
        self.gone.extend(self.board.add(take.clone()));
        if self.shown_as_scripted.is_none() {
            self.board.show(facts::mix(&self.script, reading, &take, &self.changes, false), self.error.as_ref(), false);
        }
        self.board.rendering(self.number);
        self.job = Some(Job { take, reading: reading.clone(), edit, sounds: 0, work: Work::default() });
    }

    /// Renders what is planned, and shows it. When something else comes first, it is still to be rendered afterwards.
    fn render(&mut self) {
        let Some(mut job) = self.job.take() else { return };
        let take = job.take.clone();
        let board = self.board.clone();
        let (heard, stop) = (|| board.playhead(), self.interruption());
        let scout = Scout::send(board.clone(), take.number, take.heard.clone(), heard(), self.early(&job));
        // What is heard first; then what is drawn.
        let mut sounds = vec![(self.mix.clone(), &take.mix)];
        if !take.is_as_scripted() {
            sounds.insert(0, (self.heard.clone(), &take.heard));
        }
        for (live, sound) in sounds.into_iter().skip(job.sounds) {
            match live.render(sound, &heard, &stop) {
                Ok(Some(rendered)) => {
                    if Arc::ptr_eq(sound, &take.heard) {
                        self.changes.add(&rendered.changed);
                    }
                    if Arc::ptr_eq(sound, &take.mix) {
                        self.changes.add_strips(&rendered.strips);
                        self.fingerprint.forget(sound.frames(), &rendered.changed);
                    }
                    job.sounds += 1;
                    job.work.run += rendered.jobs_run;
                    job.work.reused += rendered.jobs_reused;
                    job.work.ran.extend(rendered.ran);
                }
                Ok(None) => {
                    self.job = Some(job);
                    return;
                }
                Err(error) => {
                    // What is told now is not to be covered by what was to be shown before.
                    drop(scout);
                    // A recording may be on its way to be written.
                    if let Some(edit) = self.mailbox.take_edit(GRACE) {
                        self.job = Some(job);
                        return self.evaluate(edit);
                    }
                    self.board.stopped();
                    let sources = job.reading.evaluation.sources.clone();
                    return self.fail(&[Diagnostic::error(error.to_string())], &sources);
                }
            }
        }
        let ready = Instant::now();
        let found = scout.found();
        drop(scout);
        self.show(&job, ready, found);
    }

    /// Tells when something else comes first: mail, or an edit that was put off and is due.
    fn interruption(&self) -> impl Fn() -> bool + Sync + use<> {
        let (mailbox, due) = (self.mailbox.clone(), self.edit.map(|(_, at)| at));
        move || mailbox.has_mail() || due.is_some_and(|at| at <= Instant::now())
    }

    /// Shows a take that takes long, before all of it is there.
    fn early(&self, job: &Job) -> impl FnOnce() -> Shown + Send + 'static {
        let (script, error) = (self.script.clone(), self.error.clone());
        let (take, reading) = (job.take.clone(), job.reading.clone());
        move || (facts::mix(&script, &reading, &take, &Changes::default(), false), error)
    }

    /// Has at hand what the next edit needs, where the listener is.
    fn attend(&mut self) {
        if !self.gone.is_empty() {
            self.gone.clear();
            // What is given back has to be cleared when it is needed again: that is done where memory is tight.
            if memory::resident().is_some_and(|bytes| bytes > self.memory + BESIDES) {
                memory::give_back();
                self.mix.on_each_thread(memory::give_back);
            }
        }
        let Some(Good { mix, .. }) = &self.good else { return };
        let at = (self.number, self.board.playhead() / PAGE);
        // What fails here fails when it is asked for, too, and is told then.
        let attend = || self.mix.attend(mix, at.1 * PAGE, &self.interruption()).unwrap_or(true);
        if self.attended != Some(at) && attend() {
            self.attended = Some(at);
        }
    }

    /// Shows a take that is rendered.
    fn show(&mut self, job: &Job, ready: Instant, playhead: Option<Instant>) {
        let take = &job.take;
        let is_first = self.shown_as_scripted.is_none();
        if self.shown_as_scripted.replace(take.is_as_scripted()) != Some(take.is_as_scripted()) {
            // Of two sounds that were not rendered one after the other it is not known where they are the same.
            self.changes.add(std::slice::from_ref(&(0..take.heard.frames())));
        }
        let changes = std::mem::take(&mut self.changes);
        self.board.show(facts::mix(&self.script, &job.reading, take, &changes, true), self.error.as_ref(), true);
        self.idle.measure(take.clone());
        let Some(edit) = job.edit else { return };
        let since = |moment: Instant| moment.saturating_duration_since(edit);
        let done = Done {
            title: &self.script.title(),
            is_first,
            session: &take.session,
            changes: &changes,
            ready: since(ready),
            playhead: since(playhead.unwrap_or(ready)),
            jobs_run: job.work.run,
            jobs_reused: job.work.reused,
            ran: &job.work.ran,
        };
        let sha256 = if self.voice.is_json { self.sha256(&take.mix) } else { None };
        self.voice.rendered(&done, sha256);
    }

    /// The fingerprint of a rendered mix; none when an edit comes first.
    fn sha256(&mut self, mix: &Take) -> Option<String> {
        let read = |range, each: &mut dyn FnMut(&[f32], &[f32])| {
            let wanted = if self.mailbox.has_mail() { None } else { mix.read(StripIndex::Master, range)? };
            wanted.iter().flat_map(Excerpt::stretches).for_each(|(left, right)| each(left, right));
            Ok::<_, RenderError>(wanted.is_some())
        };
        self.fingerprint.of(mix.frames(), read).unwrap_or(None)
    }

    /// Tells what is wrong. What was heard before goes on, and what comes next is rendered whatever it is.
    fn fail(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        let error = json!({ "diagnostics": facts::diagnostics(diagnostics, sources) });
        self.board.error(&error);
        self.voice.error(diagnostics, sources);
        self.error = Some(error);
    }
}

/// A take of a session, of so many frames at least.
fn planned(
    live: &Live,
    frames: u64,
    session: &Arc<Session>,
    world: &Arc<Folders>,
    reading: &Reading,
) -> Result<Arc<Take>, RenderError> {
    live.take_at_least(frames, session, world.clone(), reading.evaluation.recordings.clone())
}
