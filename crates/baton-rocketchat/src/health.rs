//! `health-check`: asks the health server of a connector in service mode (`baton-runtime.md` section 6.5).

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use crate::choices;
use crate::code::Code;
use crate::failure::Failure;
use crate::fields;
use crate::settings::Settings;

/// More than any status line.
const LONGEST_HEAD: u64 = 4096;

/// Succeeds, without a word, if the server says 200.
pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    settings.check_types()?;
    let endpoint = settings.text(&fields::HEALTH_ENDPOINT).unwrap_or_default();
    if !matches!(endpoint.as_str(), "health" | "ready" | "live") {
        return Err(Failure::usage(format!(
            "invalid endpoint: {endpoint} (valid: health, ready, live)"
        )));
    }
    let address = choices::health_address(settings);
    let seconds = u64::try_from(settings.number(&fields::HEALTH_TIMEOUT)).unwrap_or_default();
    let url = format!("http://{address}/{endpoint}");
    match status(
        &address,
        &endpoint,
        Duration::from_secs(seconds.clamp(1, 3600)),
    ) {
        Ok(200) => Ok(()),
        Ok(status) => Err(Failure::usage(format!(
            "health check returned status {status}"
        ))),
        Err(error) => Err(unreachable(&url, &error)),
    }
}

fn unreachable(url: &str, error: &io::Error) -> Failure {
    let code = match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Code::DeadlineExceeded,
        ErrorKind::InvalidInput | ErrorKind::InvalidData => Code::Unknown,
        _ => Code::Unavailable,
    };
    Failure::new(
        code,
        anyhow::anyhow!("health check failed: Get {url:?}: {error}"),
    )
    .at(crate::failure::Step::Usage)
}

/// Returns the status of the answer, which has to be there in time.
fn status(address: &str, endpoint: &str, limit: Duration) -> io::Result<u16> {
    let end = Instant::now() + limit;
    let mut stream = connect(address, limit)?;
    // In one piece: a server may answer and close as soon as it has seen the first line.
    let request =
        format!("GET /{endpoint} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    while !head.contains(&b'\n') {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let mut chunk = [0; 256];
        let read = stream.read(&mut chunk)?;
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if read == 0 || head.len() as u64 > LONGEST_HEAD {
            break;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split_whitespace();
    let is_http = words.next().is_some_and(|it| it.starts_with("HTTP/1."));
    let status = words
        .next()
        .filter(|_| is_http)
        .and_then(|it| it.parse().ok());
    status.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the answer is not HTTP"))
}

fn connect(address: &str, limit: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::InvalidInput, "the address cannot be used");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
