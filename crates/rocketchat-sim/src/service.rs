//! The way of one request: change, fault, route, authentication, limiter, parameters, endpoint.
//!
//! This is the order of releases up to early 8.x (`rocketchat-api.md` section 2.2), in which a refused parameter or
//! permission has already used up budget. The random delay of 401 and 403 answers up to 7.4 is left out.

use std::io;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use http::header::{DATE, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request};

use crate::ask::Ask;
use crate::calls::{Call, Calls};
use crate::change::Changes;
use crate::clock::Clock;
use crate::endpoints::{self, Route};
use crate::envelope;
use crate::fault::{Action, Faults};
use crate::limiter::{Limiter, Verdict};
use crate::query::Query;
use crate::reply::{self, Answer, Refusal, Reply};
use crate::state::State;
use crate::workspace::User;
use crate::{Account, Moment, Settings, Workspace};

/// Everything that the connections of a server share.
#[derive(Debug)]
pub(crate) struct Service {
    settings: Settings,
    base_url: String,
    sub_path: String,
    state: RwLock<State>,
    limiter: Limiter,
    pub(crate) clock: Clock,
    pub(crate) changes: Changes,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
}

/// What a path leads to.
enum Target {
    Info,
    Route(&'static Route),
    /// Nothing below `/api/`.
    Unknown,
    /// The web application, which answers everywhere else.
    WebPage,
}

impl Service {
    /// Makes the service that is reached at `origin`.
    pub(crate) fn new(workspace: Workspace, settings: Settings, origin: &str) -> Self {
        let sub_path = settings
            .sub_path
            .as_deref()
            .unwrap_or_default()
            .trim_matches('/');
        let sub_path = if sub_path.is_empty() {
            String::new()
        } else {
            format!("/{sub_path}")
        };
        Self {
            base_url: format!("{origin}{sub_path}"),
            sub_path,
            state: RwLock::new(State::new(workspace, settings.version)),
            limiter: Limiter::default(),
            clock: Clock::start(settings.clock_skew_ms),
            changes: Changes::default(),
            faults: Faults::new(&settings.faults),
            calls: Calls::default(),
            settings,
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Workspace)) {
        self.state
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .update(change);
    }

    /// Answers a request, or fails when the connection is to be cut.
    pub(crate) async fn serve<B>(&self, request: Request<B>, peer: IpAddr) -> io::Result<Reply> {
        let (request, _body) = request.into_parts();
        let target = self.target(request.uri.path());
        let (call, route) = self.note(&request, &target);
        for change in self.changes.meet(&route) {
            self.update(change);
        }
        let query = Query::parse(request.uri.query().unwrap_or_default());
        let answer = |query| self.answer(&request, query, &target, peer);
        let mut reply = match self.faults.meet(&route) {
            None => answer(query),
            Some(Action::Answer {
                status,
                headers,
                body,
            }) => reply::raw(status, &headers, body),
            Some(Action::Cut) => return Err(io::ErrorKind::ConnectionReset.into()),
            Some(Action::CutBody(length)) => answer(query).map(|body| body.cut_after(length)),
            Some(Action::Delay(time)) => {
                tokio::time::sleep(time).await;
                answer(query)
            }
            Some(Action::Without(name)) => answer(query.without(&name)),
            Some(Action::Total(total)) => envelope::edit(answer(query), |it| it.set_total(total)),
            Some(Action::DropRow(place)) => envelope::edit(answer(query), |it| it.drop_row(place)),
            Some(Action::RepeatRow(place)) => {
                envelope::edit(answer(query), |it| it.repeat_row(place))
            }
        };
        let date = httpdate::fmt_http_date(self.now().system_time());
        if let Ok(date) = HeaderValue::try_from(date) {
            reply.headers_mut().entry(DATE).or_insert(date);
        }
        self.calls.answered(call, reply.status().as_u16());
        Ok(reply)
    }

    fn target(&self, path: &str) -> Target {
        let Some(path) = path.strip_prefix(self.sub_path.as_str()) else {
            return Target::WebPage;
        };
        if path == "/api/info" {
            return Target::Info;
        }
        let route = path
            .strip_prefix("/api/v1/")
            .and_then(|path| Route::find(path, self.settings.version));
        match route {
            Some(route) => Target::Route(route),
            None if path.starts_with("/api/") => Target::Unknown,
            None => Target::WebPage,
        }
    }

    /// Records the arrival of a request and returns its place in the record and its route's name.
    fn note(&self, request: &Parts, target: &Target) -> (usize, String) {
        let route = match target {
            Target::Info => "info",
            Target::Route(route) => route.name,
            Target::Unknown | Target::WebPage => request.uri.path(),
        };
        let place = self.calls.arrived(Call {
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            query: request.uri.query().map(str::to_owned),
            route: route.to_owned(),
            signed: request.headers.contains_key("x-auth-token"),
            status: None,
            at: self.now(),
        });
        (place, route.to_owned())
    }

    fn answer(&self, request: &Parts, query: Query<'_>, target: &Target, peer: IpAddr) -> Reply {
        let version = self.settings.version;
        let is_get = request.method == Method::GET;
        match target {
            Target::WebPage => reply::web_page(),
            Target::Unknown => reply::unknown_path(version),
            Target::Info | Target::Route(..) if !is_get => reply::wrong_method(version),
            Target::Info => {
                let state = self.state();
                endpoints::info(&self.ask(request, &state, query, false))
            }
            Target::Route(route) => self.answer_route(request, query, route, peer),
        }
    }

    fn answer_route(
        &self,
        request: &Parts,
        query: Query<'_>,
        route: &'static Route,
        peer: IpAddr,
    ) -> Reply {
        let version = self.settings.version;
        let state = self.state();
        let known = route.known_parameters(version);
        let ask = self.ask(request, &state, query, known.is_some());
        if ask.caller.is_none() {
            return Refusal::LoggedOut.reply(version);
        }
        let verdict = self.count(&ask, route, &address(&request.headers, peer));
        let answer: Answer = match verdict {
            Some(verdict) if !verdict.allowed => {
                Err(Refusal::TooMany(verdict.wait_seconds(ask.now)))
            }
            _ => known
                .map_or(Ok(()), |known| ask.query.only(&known))
                .and_then(|()| (route.answer)(&ask)),
        };
        let mut reply = answer.unwrap_or_else(|refusal| refusal.reply(version));
        if let Some(verdict) = verdict {
            add_limit_headers(reply.headers_mut(), verdict);
        }
        reply
    }

    fn ask<'a>(
        &'a self,
        request: &'a Parts,
        state: &'a State,
        query: Query<'a>,
        typed: bool,
    ) -> Ask<'a> {
        Ask {
            state,
            settings: &self.settings,
            caller: authenticate(state, &request.headers),
            query,
            typed,
            base_url: &self.base_url,
            now: self.now(),
        }
    }

    /// Counts the call, unless the limiter is off or the caller passes it.
    fn count(&self, ask: &Ask<'_>, route: &Route, address: &str) -> Option<Verdict> {
        let limits = self
            .settings
            .limiter
            .filter(|_| !ask.may("api-bypass-rate-limit"))?;
        Some(self.limiter.count(limits, route.name, address, ask.now))
    }
}

/// Finds the active user whose id and token came along; both headers are needed.
fn authenticate<'a>(state: &'a State, headers: &HeaderMap) -> Option<&'a User> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (user_id, token) = (header("x-user-id")?, header("x-auth-token")?);
    let account = Account::ALL
        .into_iter()
        .find(|account| account.token() == token)?;
    let owner = state.workspace.accounts.get(&account)?;
    if **owner != *user_id {
        return None;
    }
    state.user(owner).filter(|user| user.active)
}

/// Returns the address that the limiter counts by (`rocketchat-api.md` section 2.3).
fn address(headers: &HeaderMap, peer: IpAddr) -> String {
    let real = headers
        .get("x-real-ip")
        .and_then(|value| value.to_str().ok());
    real.map_or_else(|| peer.to_string(), str::to_owned)
}

fn add_limit_headers(headers: &mut HeaderMap, verdict: Verdict) {
    headers.insert(
        HeaderName::from_static("x-ratelimit-limit"),
        verdict.limit.into(),
    );
    headers.insert(
        HeaderName::from_static("x-ratelimit-remaining"),
        verdict.remaining.into(),
    );
    headers.insert(
        HeaderName::from_static("x-ratelimit-reset"),
        verdict.reset.0.into(),
    );
}
