//! Who is let in: pages of this server, and programs of this machine. A page of the web that sends requests here (by itself,
//! or under a name of its own that leads to this machine), or that would show ours in a frame, is turned away.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The names under which this server is asked for.
#[derive(Clone)]
pub struct Guard(Arc<[String]>);

/// The port that browsers leave out of an address.
const PORT_OF_HTTP: u16 = 80;

/// What goes with every answer: nothing is loaded from elsewhere, nobody guesses types, nothing is kept, and no other page
/// may use it or show it.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What browsers say of a request's origin, its kind and its use (W3C, "Fetch Metadata Request Headers").
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

impl Guard {
    /// For a server at a port.
    pub fn new(port: u16) -> Self {
        let names = ["127.0.0.1", "localhost"];
        let bare = names.iter().filter(|_| port == PORT_OF_HTTP).map(|name| name.to_string());
        Guard(names.iter().map(|name| format!("{name}:{port}")).chain(bare).collect())
    }

    /// Whether a request with these headers is let in.
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let is_ours = self.0.iter().any(|name| name.as_bytes() == host.as_bytes());
        let is_same = |origin: &HeaderValue| origin.as_bytes().strip_prefix(b"http://") == Some(host.as_bytes());
        is_ours && headers.get_all(header::ORIGIN).iter().all(is_same) && (is_own(headers) || is_visit(headers))
    }
}

/// Whether a request is of a page of ours, of the one who sits there, or of a program that is no browser. Some requests of
/// other pages carry no origin.
fn is_own(headers: &HeaderMap) -> bool {
    headers.get_all(SITE).iter().all(|site| site == "same-origin" || site == "none")
}

/// Whether a page is to be opened in a window of its own, as by a link.
fn is_visit(headers: &HeaderMap) -> bool {
    let says = |name, value: &str| headers.get(name).is_some_and(|said| said == value);
    says(MODE, "navigate") && says(DEST, "document")
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

    fn lets_in_at(port: u16, headers: &[(HeaderName, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        Guard::new(port).lets_in(&map)
    }

    fn lets_in(headers: &[(HeaderName, &str)]) -> bool {
        lets_in_at(4747, headers)
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

    #[test]
    fn what_other_pages_load_is_refused_and_links_are_not() {
        let of = |fetch: &[(HeaderName, &str)]| lets_in(&[&[(header::HOST, "127.0.0.1:4747")], fetch].concat());
        assert!(of(&[(SITE, "same-origin"), (MODE, "cors"), (DEST, "empty")]));
        assert!(of(&[(SITE, "none"), (MODE, "navigate"), (DEST, "document")]));
        for site in ["cross-site", "same-site", "of-tomorrow", ""] {
            assert!(of(&[(SITE, site), (MODE, "navigate"), (DEST, "document")]), "{site}");
            for (mode, dest) in [
                ("no-cors", "empty"),
                ("no-cors", "image"),
                ("no-cors", "script"),
                ("no-cors", "document"),
                ("cors", "empty"),
                ("navigate", "iframe"),
                ("navigate", "object"),
                ("navigate", ""),
            ] {
                assert!(!of(&[(SITE, site), (MODE, mode), (DEST, dest)]), "{site} {mode} {dest}");
            }
            assert!(!of(&[(SITE, site)]), "{site}");
        }
        assert!(!of(&[(SITE, "same-origin"), (SITE, "cross-site")]));
        // A link does not make a name or an origin ours.
        let link = [(SITE, "cross-site"), (MODE, "navigate"), (DEST, "document")];
        assert!(!lets_in(&[&[(header::HOST, "evil.example:4747")], &link[..]].concat()));
        assert!(!of(&[&[(header::ORIGIN, "http://evil.example")], &link[..]].concat()));
    }

    #[test]
    fn browsers_leave_out_port_80() {
        let (host, origin) = (header::HOST, header::ORIGIN);
        for name in ["127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"] {
            assert!(lets_in_at(80, &[(host.clone(), name)]));
            assert!(lets_in_at(80, &[(host.clone(), name), (origin.clone(), &format!("http://{name}"))]));
            assert!(!lets_in_at(8080, &[(host.clone(), name)]));
        }
        for name in ["evil.example", "127.0.0.1:4747", "127.0.0.1."] {
            assert!(!lets_in_at(80, &[(host.clone(), name)]), "{name}");
        }
        assert!(!lets_in_at(80, &[(host, "127.0.0.1"), (origin, "http://evil.example")]));
    }
}
