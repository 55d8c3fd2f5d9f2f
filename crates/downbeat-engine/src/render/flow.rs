//! The flow of pages: which node works when. The only thing here is order; no sample is touched.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::ScopeFifo;

use super::RenderError;

/// A maker of pages `P`.
pub(crate) struct Worker<'a, P> {
    /// Whether its first page takes long: everybody waits for the slowest one, so it begins before the others.
    pub(crate) urgent: bool,
    /// The workers before this one whose pages it needs.
    pub(crate) inputs: Vec<usize>,
    pub(crate) page: Work<'a, P>,
}

/// Makes page 0, 1, 2, ... in order, on any thread, of the same pages of its inputs; with a page of its own that is no
/// longer needed, if there is one, so that memory need not be fetched anew.
pub(crate) type Work<'a, P> = Box<dyn FnMut(usize, &[&P], Option<P>) -> Result<P, RenderError> + Send + 'a>;

/// Runs all workers for `pages` pages, each at most `ahead` pages ahead of those that need its pages, on the threads of the
/// current pool. Pages of one worker are made one after the other; everything else overlaps.
///
/// # Errors
/// The first error of any of them; the others stop after the page they are at.
pub(crate) fn run<P: Send + Sync>(workers: Vec<Worker<'_, P>>, pages: usize, ahead: usize) -> Result<(), RenderError> {
    let inputs: Vec<Vec<usize>> = workers.iter().map(|worker| worker.inputs.clone()).collect();
    let readers = |index: usize| (0..inputs.len()).filter(|reader| inputs[*reader].contains(&index)).collect();
    let lines = workers.into_iter().enumerate().map(|(index, worker)| Line {
        idle: Some(worker),
        readers: readers(index),
        made: 0,
        ready: VecDeque::new(),
        spent: Vec::new(),
    });
    let board = Mutex::new(Board { lines: lines.collect(), failed: None });
    let flow = Flow { board, pages, ahead: ahead.max(1) };
    rayon::scope_fifo(|scope| flow.dispatch(scope));
    match flow.board.into_inner().unwrap_or_else(PoisonError::into_inner).failed {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct Flow<'a, P> {
    board: Mutex<Board<'a, P>>,
    pages: usize,
    ahead: usize,
}

/// Who is idle, and what is ready. Whoever works has been taken off the board.
struct Board<'a, P> {
    lines: Vec<Line<'a, P>>,
    failed: Option<RenderError>,
}

/// A worker, and the pages it has made.
struct Line<'a, P> {
    idle: Option<Worker<'a, P>>,
    /// Those that need its pages.
    readers: Vec<usize>,
    /// How many pages it has made. As a reader, it is done with that many of its inputs' pages.
    made: usize,
    /// The last of them, which somebody still needs.
    ready: VecDeque<Arc<P>>,
    /// Pages that nobody needs any more.
    spent: Vec<P>,
}

impl<'a, P: Send + Sync> Flow<'a, P> {
    fn board(&self) -> MutexGuard<'_, Board<'a, P>> {
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
            // Those at the end of the graph go first: what they have finished is at hand for those before them again.
            for index in (0..board.lines.len()).rev() {
                let Some(inputs) = self.inputs_of(&board, index) else { continue };
                let line = &mut board.lines[index];
                if let Some(worker) = line.idle.take_if(|worker| worker.urgent == urgent) {
                    let (page, spent) = (line.made, line.spent.pop());
                    scope.spawn_fifo(move |scope| self.work(scope, index, worker, page, inputs, spent));
                }
            }
        }
    }

    /// The pages for the next page of a worker, if it is idle, and may work, and all of them are there.
    fn inputs_of(&self, board: &Board<'_, P>, index: usize) -> Option<Vec<Arc<P>>> {
        let line = &board.lines[index];
        if line.made == self.pages || line.ready.len() >= self.ahead {
            return None;
        }
        let page = |input: &usize| {
            let input = &board.lines[*input];
            let oldest = input.made - input.ready.len();
            input.ready.get(line.made.checked_sub(oldest)?).cloned()
        };
        line.idle.as_ref()?.inputs.iter().map(page).collect()
    }

    fn work<'s>(
        &'s self,
        scope: &ScopeFifo<'s>,
        index: usize,
        mut worker: Worker<'a, P>,
        page: usize,
        inputs: Vec<Arc<P>>,
        spent: Option<P>,
    ) {
        let pages: Vec<&P> = inputs.iter().map(Arc::as_ref).collect();
        let made = (worker.page)(page, &pages, spent);
        drop(inputs);
        let mut board = self.board();
        match made {
            Ok(made) => board.made(index, worker, made),
            Err(error) => {
                board.failed.get_or_insert(error);
            }
        }
        drop(board);
        self.dispatch(scope);
    }
}

impl<'a, P> Board<'a, P> {
    /// Takes back a worker with its page. Pages that it was the last to need are free again.
    fn made(&mut self, index: usize, worker: Worker<'a, P>, page: P) {
        self.lines[index].ready.push_back(Arc::new(page));
        self.lines[index].made += 1;
        for &input in &worker.inputs {
            self.free(input);
        }
        self.lines[index].idle = Some(worker);
        self.free(index);
    }

    fn free(&mut self, index: usize) {
        let line = &self.lines[index];
        let needed = line.readers.iter().map(|reader| self.lines[*reader].made).min().unwrap_or(line.made);
        let line = &mut self.lines[index];
        while line.made - line.ready.len() < needed {
            line.spent.extend(line.ready.pop_front().and_then(Arc::into_inner));
        }
    }
}
