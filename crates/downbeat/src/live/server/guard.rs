//! Who is let in: pages of this server, and programs of this machine. A page of the web that sends requests here (by itself,
//! or under a name of its own that leads to this machine) is turned away.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The names under which this server is asked for.
#[derive(Clone)]
pub struct Guard(Arc<[String; 2]>);

/// What goes with every answer: nothing is loaded from elsewhere, nobody guesses types, nothing is kept, and no other page
/// may use it.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

impl Guard {
    /// For a server at a port.
    pub fn new(port: u16) -> Self {
        Guard(Arc::new(["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"))))
    }

    /// Whether a request with these headers is let in.
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let is_ours = self.0.iter().any(|name| name.as_bytes() == host.as_bytes());
        let is_same = |origin: &HeaderValue| origin.as_bytes().strip_prefix(b"http://") == Some(host.as_bytes());
        is_ours && headers.get_all(header::ORIGIN).iter().all(is_same)
    }
}

/// Lets requests in, or not.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.lets_in(request.headers()) {
        true => next.run(request).await,
        false => (StatusCode::FORBIDDEN, "this is not for other pages\n").into_response(),
    };
    response.headers_mut().extend(HEADERS);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_in(headers: &[(HeaderName, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        Guard::new(4747).lets_in(&map)
    }

    #[test]
    fn only_this_server_and_its_own_pages() {
        let (host, origin) = (header::HOST, header::ORIGIN);
        for name in ["127.0.0.1:4747", "localhost:4747"] {
            assert!(lets_in(&[(host.clone(), name)]));
            assert!(lets_in(&[(host.clone(), name), (origin.clone(), &format!("http://{name}"))]));
        }
        for name in
            ["127.0.0.1", "127.0.0.1:80", "evil.example:4747", "localhost:47470", "127.0.0.1:4747.evil.example", ""]
        {
            assert!(!lets_in(&[(host.clone(), name)]), "{name}");
        }
        for name in
            ["http://evil.example", "null", "https://127.0.0.1:4747", "http://127.0.0.1:80", "http://localhost:4747"]
        {
            assert!(!lets_in(&[(host.clone(), "127.0.0.1:4747"), (origin.clone(), name)]), "{name}");
        }
        assert!(!lets_in(&[]));
        assert!(!lets_in(&[(host.clone(), "127.0.0.1:4747"), (host.clone(), "evil.example")]));
        let ours = (origin.clone(), "http://127.0.0.1:4747");
        assert!(!lets_in(&[(host, "127.0.0.1:4747"), ours, (origin, "http://evil.example")]));
    }
}
