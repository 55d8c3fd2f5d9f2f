//! What can be asked for. Everything goes by numbers and a few words: no path of the file system is ever taken.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use downbeat_engine::live::{Excerpt, Take};
use downbeat_engine::{RenderError, StripIndex};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::events::events;
use super::files::file;
use super::guard::{Guard, guard};
use crate::live::board::Board;
use crate::live::desk::Desk;
use crate::live::mailbox::Mailbox;
use crate::live::published::Published;
use crate::live::{peaks, samples};

/// What requests work with.
#[derive(Clone)]
pub struct Service {
    /// What is shown.
    pub board: Arc<Board>,
    /// Where wishes go.
    pub mailbox: Arc<Mailbox>,
    /// Who may read sound at a time.
    pub readers: Arc<Semaphore>,
}

/// The longest body, in bytes: a desk with some thousands of strips.
const BODY: usize = 64 << 10;

/// So long a page of sound is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// After this time it is looked whether somebody still waits.
const LOOK: Duration = Duration::from_millis(250);

/// All that can be asked for, behind the guard.
pub fn router(service: Service, door: Guard) -> Router {
    Router::new()
        .route("/", get(async || file("index.html")))
        .route("/{name}", get(async |Path(name): Path<String>| file(&name)))
        .route("/mix", get(mix))
        .route("/events", get(tell))
        .route("/audio/{take}/{source}/{page}", get(audio))
        .route("/peaks/{take}/{strip}/{level}/{tile}", get(tile))
        .route("/playhead", post(playhead))
        .route("/desk", post(desk))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(from_fn_with_state(door, guard))
        .with_state(service)
}

async fn mix(State(service): State<Service>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], service.board.mix().to_string()).into_response()
}

async fn tell(State(service): State<Service>) -> Response {
    Sse::new(events(service.board.subscribe())).keep_alive(KeepAlive::default()).into_response()
}

async fn audio(State(service): State<Service>, Path((take, source, page)): Path<(u64, String, u64)>) -> Response {
    let found = service.board.take(take).filter(|_| ["mix", "raw"].contains(&source.as_str()));
    let found = found.and_then(|take| samples::page(page, take.heard.frames()).map(|range| (take, range)));
    let Some((published, range)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let until = Instant::now() + PATIENCE;
    let board = service.board.clone();
    let read = move |is_wanted: &dyn Fn() -> bool| {
        let sound = if source == "raw" { published.raw.take()? } else { published.heard.clone() };
        // What is not there of an older take does not come any more.
        let is_newest = || board.newest().is_some_and(|newest| newest.number == published.number);
        wait_for(&sound, &range, until, &|| is_wanted() && is_newest())
    };
    match reading(&service, read).await {
        Some(Ok(Some(excerpt))) => {
            let is_final = if excerpt.is_final { "1" } else { "0" };
            let headers = [(header::CONTENT_TYPE.as_str(), "application/octet-stream"), ("x-final", is_final)];
            (headers, samples::interleaved(excerpt.stretches())).into_response()
        }
        Some(Err(error)) => broken(&error),
        Some(Ok(None)) | None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn tile(
    State(service): State<Service>,
    Path((take, strip, level, tile)): Path<(u64, usize, u32, u64)>,
) -> Response {
    let found = service.board.take(take).and_then(|take| take.strip(strip).map(|strip| (take, strip)));
    let Some((take, strip)) = found else { return StatusCode::NOT_FOUND.into_response() };
    match reading(&service, move |_| peaks::tile(take.drawn_from(strip), strip, level, tile)).await {
        Some(Ok(Some(bytes))) => ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        Some(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Some(Err(error)) => broken(&error),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn playhead(State(service): State<Service>, body: Bytes) -> StatusCode {
    let frame = serde_json::from_slice(&body).ok().and_then(|body: Value| body["frame"].as_f64());
    match frame.filter(|frame| frame.is_finite() && *frame >= 0.0) {
        Some(frame) => {
            service.board.set_playhead(frame as u64);
            StatusCode::NO_CONTENT
        }
        None => StatusCode::BAD_REQUEST,
    }
}

async fn desk(State(service): State<Service>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(number) = body["take"].as_u64() else { return StatusCode::BAD_REQUEST.into_response() };
    // Its strips are numbered as in the take that the listener sees, which need not be the one that is shown by now.
    let Some(take) = service.board.take(number) else { return StatusCode::NOT_FOUND.into_response() };
    match wished(&take, &body) {
        Some(desk) => {
            let number = service.mailbox.desk(desk);
            (StatusCode::NO_CONTENT, [("x-desk-number", number.to_string())]).into_response()
        }
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The desk that a listener of a take wishes for; none where it names what there is not.
fn wished(take: &Published, body: &Value) -> Option<Desk> {
    let name = |id: &Value| {
        let strip = take.strip(usize::try_from(id.as_u64()?).ok()?)?;
        Some(take.session.name(strip))
    };
    let names = |key: &str| body[key].as_array()?.iter().map(name).collect::<Option<Vec<&str>>>();
    Some(Desk::new(names("solo")?, names("mute")?))
}

/// Waits until a part of a take can be read. None when its time is over, or nobody wants it any more.
fn wait_for(
    take: &Take,
    range: &Range<u64>,
    until: Instant,
    is_wanted: &dyn Fn() -> bool,
) -> Result<Option<Excerpt>, RenderError> {
    loop {
        let excerpt = take.read(StripIndex::Master, range.clone())?;
        let left = until.saturating_duration_since(Instant::now());
        if excerpt.is_some() || left.is_zero() || !is_wanted() {
            return Ok(excerpt);
        }
        take.wait(left.min(LOOK));
    }
}

/// Reads where nothing else has to wait for it, and tells whoever reads whether that is still wanted. None when too many
/// others read.
async fn reading<T: Send + 'static>(
    service: &Service,
    read: impl FnOnce(&dyn Fn() -> bool) -> Result<T, RenderError> + Send + 'static,
) -> Option<Result<T, RenderError>> {
    let reader = tokio::time::timeout(PATIENCE, service.readers.clone().acquire_owned()).await.ok()?.ok()?;
    // A listener that goes away takes the request with it, and so this.
    let gone = Gone(Arc::default());
    let is_gone = gone.0.clone();
    let read = move || {
        let _reader = reader;
        read(&|| !is_gone.load(Ordering::Relaxed))
    };
    tokio::task::spawn_blocking(read).await.ok()
}

/// Notes when it is dropped.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn broken(error: &RenderError) -> Response {
    // What a take was made of is gone, so that it cannot be made again; an edit is on its way.
    if matches!(error, RenderError::Changed { .. }) {
        return StatusCode::NOT_FOUND.into_response();
    }
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}
