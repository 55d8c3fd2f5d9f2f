//! The flow of pages: which track or sum works when. The only thing here is order; no sample is touched.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use downbeat_dsp::Audio;
use rayon::ScopeFifo;

use super::RenderError;

/// A producer of pages.
pub(crate) struct Producer<'a> {
    /// Whether its first page takes long: everybody waits for the slowest one, so it begins before the others.
    pub(crate) urgent: bool,
    /// Called for page 0, 1, 2, ... in order, from any thread; with a page of its own that is no longer needed, if there
    /// is one, so that memory need not be fetched anew.
    pub(crate) page: Box<dyn FnMut(usize, Option<Audio>) -> Result<Audio, RenderError> + Send + 'a>,
}

/// What looks at a page of every producer, in order, from any thread.
pub(crate) type Consumer<'a> = Box<dyn FnMut(usize, &[Audio]) -> Result<(), RenderError> + Send + 'a>;

/// Runs all producers for `pages` pages, each at most `ahead` pages ahead of the consumer, on the threads of the
/// current pool. Pages of one producer are made one after the other; everything else overlaps.
///
/// # Errors
/// The first error of any of them; the others stop after the page they are at.
pub(crate) fn run<'a>(
    producers: Vec<Producer<'a>>,
    consumer: Consumer<'a>,
    pages: usize,
    ahead: usize,
) -> Result<(), RenderError> {
    let lines = producers.into_iter().map(|producer| Line {
        idle: Some(producer),
        made: 0,
        ready: VecDeque::new(),
        spent: Vec::new(),
    });
    let board = Mutex::new(Board { lines: lines.collect(), idle: Some(consumer), next: 0, failed: None });
    let flow = Flow { board, pages, ahead: ahead.max(1) };
    rayon::scope_fifo(|scope| flow.dispatch(scope));
    match flow.board.into_inner().unwrap_or_else(PoisonError::into_inner).failed {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct Flow<'a> {
    board: Mutex<Board<'a>>,
    pages: usize,
    ahead: usize,
}

/// Who is idle, and what is ready. Whoever works has been taken off the board.
struct Board<'a> {
    lines: Vec<Line<'a>>,
    idle: Option<Consumer<'a>>,
    next: usize,
    failed: Option<RenderError>,
}

struct Line<'a> {
    idle: Option<Producer<'a>>,
    made: usize,
    ready: VecDeque<Audio>,
    /// Pages that have been consumed.
    spent: Vec<Audio>,
}

impl<'a> Flow<'a> {
    fn board(&self) -> MutexGuard<'_, Board<'a>> {
        // A panic in a task is passed on by the scope; until then the board itself is whole.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends everybody to work who can.
    fn dispatch<'s>(&'s self, scope: &ScopeFifo<'s>) {
        let mut board = self.board();
        if board.failed.is_some() {
            return;
        }
        for urgent in [true, false] {
            for (index, line) in board.lines.iter_mut().enumerate() {
                if line.made < self.pages
                    && line.ready.len() < self.ahead
                    && let Some(producer) = line.idle.take_if(|producer| producer.urgent == urgent)
                {
                    let (page, spent) = (line.made, line.spent.pop());
                    scope.spawn_fifo(move |scope| self.produce(scope, index, producer, page, spent));
                }
            }
        }
        if board.next < self.pages
            && board.lines.iter().all(|line| !line.ready.is_empty())
            && let Some(consumer) = board.idle.take()
        {
            let page = board.next;
            let inputs = board.lines.iter_mut().filter_map(|line| line.ready.pop_front()).collect();
            scope.spawn_fifo(move |scope| self.consume(scope, consumer, page, inputs));
        }
    }

    fn produce<'s>(
        &'s self,
        scope: &ScopeFifo<'s>,
        index: usize,
        mut producer: Producer<'a>,
        page: usize,
        spent: Option<Audio>,
    ) {
        let made = (producer.page)(page, spent);
        let mut board = self.board();
        match made {
            Ok(audio) => {
                let line = &mut board.lines[index];
                line.ready.push_back(audio);
                line.made += 1;
                line.idle = Some(producer);
            }
            Err(error) => board.fail(error),
        }
        drop(board);
        self.dispatch(scope);
    }

    fn consume<'s>(&'s self, scope: &ScopeFifo<'s>, mut consumer: Consumer<'a>, page: usize, inputs: Vec<Audio>) {
        let result = consumer(page, &inputs);
        let mut board = self.board();
        match result {
            Ok(()) => {
                board.next += 1;
                board.idle = Some(consumer);
                for (line, page) in board.lines.iter_mut().zip(inputs) {
                    line.spent.push(page);
                }
            }
            Err(error) => board.fail(error),
        }
        drop(board);
        self.dispatch(scope);
    }
}

impl Board<'_> {
    fn fail(&mut self, error: RenderError) {
        self.failed.get_or_insert(error);
    }
}
