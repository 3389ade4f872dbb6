//! Exchanges on disk: a directory with `manifest.json` and one file per body.
//!
//! What a scenario's options mean is left to those who replay it; that nothing personal is in it, to those who record.

mod manifest;
mod pretty;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::exchange::is_safe;
use crate::{Error, Exchange};

use self::manifest::{Entry, Manifest};

const MANIFEST: &str = "manifest.json";

/// A conversation with a workspace, kept for replaying.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What it shows, for people.
    pub description: String,
    /// How it was made.
    pub origin: Origin,
    /// The server's version, such as `8.6.1`.
    pub server: String,
    /// What the replaying side is to be told, by name.
    pub options: BTreeMap<String, serde_json::Value>,
    /// The requests and answers, in their order.
    pub exchanges: Vec<Exchange>,
}

/// How a scenario was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// Somebody wrote it.
    HandWritten,
    /// It was captured from a running server and scrubbed.
    Recorded,
}

impl Scenario {
    /// Reads a scenario's directory.
    ///
    /// # Errors
    ///
    /// When a file is missing or malformed, or a body's path leads out of the directory.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(MANIFEST);
        let manifest: Manifest =
            serde_json::from_slice(&read(&path)?).map_err(|cause| Error::Scenario {
                path: path.clone(),
                problem: "not a manifest".to_owned(),
                cause: Some(cause.into()),
            })?;
        let mut bodies = BTreeMap::new();
        let exchanges = manifest
            .exchanges
            .into_iter()
            .map(|entry| exchange(entry, directory, &mut bodies));
        Ok(Self {
            description: manifest.description,
            origin: manifest.origin,
            server: manifest.server,
            options: manifest.options,
            exchanges: exchanges.collect::<Result<_, _>>()?,
        })
    }

    /// Writes the scenario's directory, which is made if need be. Files of an earlier scenario are not removed.
    ///
    /// Bodies get names from their paths, such as `users.list.json` and `users.list-2.json`. JSON is laid out for
    /// reading; only white space changes.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or a request repeats a query parameter, which the format cannot hold.
    pub fn save(&self, directory: &Path) -> Result<(), Error> {
        fs::create_dir_all(directory)
            .map_err(|cause| file_error(directory, "cannot be made", cause))?;
        let mut names = BTreeSet::from([MANIFEST.to_owned()]);
        let mut entries = Vec::new();
        for exchange in &self.exchanges {
            let body = if exchange.body.is_empty() {
                None
            } else {
                Some(free_name(exchange, &mut names))
            };
            if let Some(name) = &body {
                let text = if is_json(exchange) {
                    pretty::layout(&exchange.body)
                } else {
                    None
                };
                write(
                    &directory.join(name),
                    &text.unwrap_or_else(|| exchange.body.to_vec()),
                )?;
            }
            entries.push(entry(exchange, body, directory)?);
        }
        let manifest = Manifest {
            description: self.description.clone(),
            origin: self.origin,
            server: self.server.clone(),
            options: self.options.clone(),
            exchanges: entries,
        };
        let path = directory.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(&manifest).map_err(|cause| Error::Scenario {
            path: path.clone(),
            problem: "cannot be encoded".to_owned(),
            cause: Some(cause.into()),
        })?;
        text.push(b'\n');
        write(&path, &text)
    }
}

fn exchange(
    entry: Entry,
    directory: &Path,
    bodies: &mut BTreeMap<String, Bytes>,
) -> Result<Exchange, Error> {
    let problem = |problem: String| Error::Scenario {
        path: directory.join(MANIFEST),
        problem,
        cause: None,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &entry.headers {
        let bad = || problem(format!("not a header: {name}"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        headers.append(name, HeaderValue::from_str(value).map_err(|_| bad())?);
    }
    if !entry.path.starts_with('/') {
        return Err(problem(format!(
            "the path {} does not begin with a slash",
            entry.path
        )));
    }
    let body = entry
        .body
        .map_or(Ok(Bytes::new()), |name| body(name, directory, bodies))?;
    Ok(Exchange {
        method: entry
            .method
            .parse()
            .map_err(|_| problem(format!("not a method: {}", entry.method)))?,
        status: StatusCode::from_u16(entry.status)
            .map_err(|_| problem(format!("not a status: {}", entry.status)))?,
        path: entry.path,
        query: entry.query.into_iter().collect(),
        headers,
        body,
    })
}

fn body(
    name: String,
    directory: &Path,
    bodies: &mut BTreeMap<String, Bytes>,
) -> Result<Bytes, Error> {
    if let Some(known) = bodies.get(&name) {
        return Ok(known.clone());
    }
    let relative = Path::new(&name);
    let inside = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !inside || name.is_empty() {
        let problem = format!("the body {name:?} is not inside the directory");
        return Err(Error::Scenario {
            path: directory.join(MANIFEST),
            problem,
            cause: None,
        });
    }
    let body = Bytes::from(read(&directory.join(relative))?);
    bodies.insert(name, body.clone());
    Ok(body)
}

fn entry(exchange: &Exchange, body: Option<String>, directory: &Path) -> Result<Entry, Error> {
    let problem = |problem| Error::Scenario {
        path: directory.join(MANIFEST),
        problem,
        cause: None,
    };
    let query: BTreeMap<_, _> = exchange.query.iter().cloned().collect();
    if query.len() != exchange.query.len() {
        return Err(problem(format!(
            "{} {} repeats a query parameter",
            exchange.method, exchange.path
        )));
    }
    let safe = exchange.headers.iter().filter(|(name, _)| is_safe(name));
    let headers =
        safe.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    Ok(Entry {
        method: exchange.method.to_string(),
        path: exchange.path.clone(),
        query,
        status: exchange.status.as_u16(),
        headers: headers.collect(),
        body,
    })
}

fn is_json(exchange: &Exchange) -> bool {
    content_type(exchange).contains("json")
}

fn content_type(exchange: &Exchange) -> &str {
    exchange
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Makes a file name from the last part of the path, one that is not taken yet.
fn free_name(exchange: &Exchange, taken: &mut BTreeSet<String>) -> String {
    let kind = content_type(exchange);
    let extension = match kind {
        _ if is_json(exchange) => "json",
        _ if kind.contains("html") => "html",
        _ if kind.starts_with("text/") => "txt",
        _ => "bin",
    };
    let last = exchange
        .path
        .rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or("root");
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '_'
        }
    };
    let stem: String = last.chars().map(plain).take(100).collect();
    let stem = match stem.trim_start_matches('.') {
        "" => "root",
        stem => stem,
    };
    let numbered = (2..).map(|number| format!("{stem}-{number}.{extension}"));
    let mut names = std::iter::once(format!("{stem}.{extension}")).chain(numbered);
    // File systems that ignore case must not merge two names.
    let name = names
        .find(|name| !taken.contains(&name.to_ascii_lowercase()))
        .unwrap_or_default();
    taken.insert(name.to_ascii_lowercase());
    name
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|cause| file_error(path, "cannot be read", cause))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    fs::write(path, content).map_err(|cause| file_error(path, "cannot be written", cause))
}

fn file_error(path: &Path, problem: &str, cause: std::io::Error) -> Error {
    Error::Scenario {
        path: PathBuf::from(path),
        problem: problem.to_owned(),
        cause: Some(cause.into()),
    }
}
