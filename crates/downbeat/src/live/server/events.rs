//! Server-sent events. Each listener has its own view of the board: what is news to it is worked out when it takes it, so
//! one that takes its time gets the newest state, and costs nothing meanwhile.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::response::sse::Event;
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::watch;

use crate::live::board::News;

/// The name of an event, and its data.
type Told = (&'static str, String);

/// All events from now on, beginning with how things are.
pub fn events(board: watch::Receiver<News>) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Listener { board, seen: None, waiting: VecDeque::new() };
    stream::unfold(begin, |mut listener| async move {
        while listener.waiting.is_empty() {
            if listener.seen.is_some() {
                // When the board is gone, so is the stream.
                listener.board.changed().await.ok()?;
            }
            let news = listener.board.borrow_and_update().clone();
            listener.waiting.extend(told(listener.seen.as_ref(), &news));
            listener.seen = Some(news);
        }
        let (name, data) = listener.waiting.pop_front()?;
        Some((Ok(Event::default().event(name).data(data)), listener))
    })
}

struct Listener {
    board: watch::Receiver<News>,
    /// What it was told of last.
    seen: Option<News>,
    waiting: VecDeque<Told>,
}

/// What is news to somebody who has seen the board as it was before, or not at all.
fn told(seen: Option<&News>, news: &News) -> Vec<Told> {
    let mut told = Vec::new();
    if seen.is_none_or(|seen| seen.mix.0 != news.mix.0) {
        told.push(("mix", news.mix.1.to_string()));
    }
    if let Some(take) = news.rendering.filter(|_| seen.is_none_or(|seen| seen.rendering != news.rendering)) {
        told.push(("rendering", json!({ "take": take }).to_string()));
    }
    if let Some((take, part)) = news.ready.as_ref().filter(|_| seen.is_none_or(|seen| seen.ready != news.ready)) {
        told.push(("ready", json!({ "take": take, "from": part.start, "to": part.end }).to_string()));
    }
    if let Some(error) = news.error.1.as_ref().filter(|_| seen.is_none_or(|seen| seen.error.0 != news.error.0)) {
        told.push(("error", error.to_string()));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(seen: Option<&News>, news: &News) -> Vec<&'static str> {
        told(seen, news).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn everybody_is_told_what_is_news() {
        let first = News { mix: (1, "{}".into()), rendering: None, ready: None, error: (0, None) };
        assert_eq!(told(None, &first), [("mix", "{}".to_string())]);
        assert!(told(Some(&first), &first).is_empty());
        let under_way = News { rendering: Some(2), ready: Some((2, 0..5)), ..first.clone() };
        assert_eq!(names(None, &under_way), ["mix", "rendering", "ready"]);
        let expected = [("rendering", r#"{"take":2}"#), ("ready", r#"{"take":2,"from":0,"to":5}"#)];
        assert_eq!(told(Some(&first), &under_way), expected.map(|(name, data)| (name, data.to_string())));
        // Somebody who was not quick enough to be told of that is told how it came out.
        let done = News { mix: (2, "{}".into()), ..first.clone() };
        assert_eq!(names(Some(&first), &done), ["mix"]);
        let broken = News { error: (1, Some("[]".into())), ..done.clone() };
        assert_eq!(told(Some(&done), &broken), [("error", "[]".to_string())]);
        let still = News { error: (2, Some("[]".into())), ..broken.clone() };
        assert_eq!(names(Some(&broken), &still), ["error"], "another edit, the same error");
        let mended = News { mix: (3, "{}".into()), error: (3, None), ..broken.clone() };
        assert_eq!(names(Some(&broken), &mended), ["mix"]);
    }
}
