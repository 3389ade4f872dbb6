//! A workspace's rate limiter in memory, on tokio's clock: fixed windows that start with the first call after the
//! last one ended (`rocketchat-api.md` section 2.2).

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use rocketchat_http::{BoxFuture, Error, Response, Transport, Verdict};
use tokio::time::{Instant, sleep};

/// How the end of a window is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Millis,
    Seconds,
    FromNow,
    Silent,
}

/// What the limiter does; change what a test is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) limit: u64,
    pub(crate) window: Duration,
    pub(crate) style: Style,
    /// The server's clock at the start, in milliseconds since 1970.
    pub(crate) clock: i64,
    /// What `Date` is ahead of the limiter's clock by, in milliseconds; `None` for no `Date`.
    pub(crate) date_ahead: Option<i64>,
    /// The trip there and the trip back are each at least half, and at most all of this.
    pub(crate) latency: Duration,
    /// Whether refusals say in words how long to wait.
    pub(crate) words: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limit: 10,
            window: Duration::from_secs(3),
            style: Style::Millis,
            clock: 1_780_322_445_120,
            date_ahead: Some(0),
            latency: Duration::from_millis(20),
            words: true,
        }
    }
}

pub(crate) struct Limiter {
    settings: Settings,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    windows: HashMap<String, Window>,
    random: Option<fastrand::Rng>,
    refused: u64,
}

#[derive(Default, Clone, Copy)]
struct Window {
    end: i64,
    count: u64,
}

impl Limiter {
    pub(crate) fn new(settings: Settings) -> Self {
        let state = State {
            random: Some(fastrand::Rng::with_seed(7)),
            ..State::default()
        };
        Self {
            settings,
            start: Instant::now(),
            state: Mutex::new(state),
        }
    }

    /// How many calls were refused, whoever made them.
    pub(crate) fn refused(&self) -> u64 {
        self.state.lock().unwrap().refused
    }

    /// Counts one call and answers it.
    pub(crate) fn call(&self, path: &str) -> Response {
        let settings = &self.settings;
        let now = settings.clock + i64::try_from(self.start.elapsed().as_millis()).unwrap();
        let mut state = self.state.lock().unwrap();
        let window = state.windows.entry(path.to_owned()).or_default();
        if now > window.end {
            *window = Window {
                end: now + i64::try_from(settings.window.as_millis()).unwrap(),
                count: 0,
            };
        }
        window.count += 1;
        let Window { end, count } = *window;
        let mut headers = HeaderMap::new();
        if let Some(ahead) = settings.date_ahead {
            let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(now + ahead).unwrap());
            headers.insert("date", text(&httpdate(at)));
        }
        if settings.style != Style::Silent {
            headers.insert("x-ratelimit-limit", text(&settings.limit));
            headers.insert(
                "x-ratelimit-remaining",
                text(&settings.limit.saturating_sub(count)),
            );
            let reset = match settings.style {
                Style::Millis | Style::Silent => end,
                Style::Seconds => end / 1000,
                Style::FromNow => (end - now + 999) / 1000,
            };
            headers.insert("x-ratelimit-reset", text(&reset));
        }
        let refused = settings.style != Style::Silent && count > settings.limit;
        state.refused += u64::from(refused);
        let (status, body) = if refused {
            let seconds = (end - now + 999) / 1000;
            let words =
                format!("You must wait {seconds} seconds before trying this endpoint again.");
            (
                StatusCode::TOO_MANY_REQUESTS,
                if settings.words { words } else { String::new() },
            )
        } else {
            (StatusCode::OK, String::new())
        };
        Response {
            status,
            headers,
            body: Bytes::from(body),
        }
    }

    fn trip(&self) -> Duration {
        let mut state = self.state.lock().unwrap();
        let share = state.random.as_mut().unwrap().f64() / 2.0 + 0.5;
        self.settings.latency.mul_f64(share)
    }
}

impl Transport for Limiter {
    fn send<'a>(&'a self, request: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            sleep(self.trip()).await;
            let response = self.call(request.uri().path());
            sleep(self.trip()).await;
            Ok(response)
        })
    }
}

/// Judges as the endpoint layer does: reads the seconds in a refusal's words.
pub(crate) fn judge(response: &Response) -> Verdict {
    if response.status != StatusCode::TOO_MANY_REQUESTS {
        return Verdict::by_status(response);
    }
    let body = String::from_utf8_lossy(&response.body);
    let seconds = body.split(' ').find_map(|word| word.parse().ok());
    Verdict::RateLimited {
        wait: seconds.map(Duration::from_secs),
    }
}

fn text(value: &impl ToString) -> HeaderValue {
    HeaderValue::from_str(&value.to_string()).unwrap()
}

fn httpdate(at: std::time::SystemTime) -> String {
    httpdate::fmt_http_date(at)
}
