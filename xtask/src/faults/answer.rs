//! One answer of a server: read from a real one, changed, and written in ways that no server should.

use std::io;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Longer heads are not asked for here.
const LONGEST_HEAD: usize = 64 << 10;
/// The pause between two bytes that drip.
const DRIP: Duration = Duration::from_millis(200);

/// Stands in a header for the address of a server that nothing may be sent to.
pub(super) const ELSEWHERE: &str = "{elsewhere}";

/// Status, headers and body, as the simulated workspace gives them.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// As it should be.
    Whole,
    /// Nothing comes, and the connection is reset.
    Reset,
    /// Half of the body, then a reset.
    ResetWithin,
    /// Half of the body, then the server's side is closed while the other stays open.
    HalfClosed,
    /// Half of the body, then the connection is closed.
    Truncated,
    /// Fewer bytes are announced than come.
    TooShort,
    /// More bytes are announced than come.
    TooLong,
    /// A size of a chunk that is no number.
    BadChunk,
    /// A byte now and then, for ever.
    Dripping,
    /// The answer's beginning, and then these bytes for ever.
    Endless(&'static [u8]),
    /// Nothing at all, for ever.
    Silent,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Keep,
    Close,
    Reset,
}

impl Answer {
    /// Makes an answer from nothing.
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Puts another body in place.
    pub(super) fn saying(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// Takes what a server sent until it closed the connection.
    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let end = find(bytes, b"\r\n\r\n").context("the answer has no head")?;
        let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.context("the answer has no status")?.parse()?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            // Said anew, as the answer is written.
            .filter(|(name, _)| !["connection", "content-length"].contains(&name.as_str()))
            .collect::<Vec<_>>();
        let is_chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
        ensure!(!is_chunked, "the answer comes in chunks");
        let body = bytes.get(end + 4..).unwrap_or_default().to_vec();
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    /// Writes the answer, and says what is to become of the connection.
    pub(super) async fn write<W>(&self, to: &mut W, way: Way) -> io::Result<Then>
    where
        W: AsyncWrite + Unpin,
    {
        let half = self.body.get(..self.body.len() / 2).unwrap_or_default();
        let length = self.body.len();
        match way {
            Way::Whole => {
                let head = self.head(&format!("content-length: {length}"));
                to.write_all(&[head.as_bytes(), &self.body].concat())
                    .await?;
                return Ok(Then::Keep);
            }
            Way::Reset => return Ok(Then::Reset),
            Way::Silent => std::future::pending().await,
            Way::ResetWithin | Way::HalfClosed | Way::Truncated => {
                let head = self.head(&format!("content-length: {length}"));
                to.write_all(&[head.as_bytes(), half].concat()).await?;
                if matches!(way, Way::ResetWithin) {
                    return Ok(Then::Reset);
                }
                to.shutdown().await?;
                if matches!(way, Way::HalfClosed) {
                    // The client is free to close; nothing more is said to it.
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
            }
            Way::TooShort | Way::TooLong => {
                let said = match way {
                    Way::TooShort => length.saturating_sub(10),
                    _ => length + 10,
                };
                let head = self.head(&format!("content-length: {said}"));
                to.write_all(&[head.as_bytes(), &self.body].concat())
                    .await?;
            }
            Way::BadChunk => {
                let head = self.head("transfer-encoding: chunked");
                to.write_all(&[head.as_bytes(), b"zz\r\n", &self.body].concat())
                    .await?;
            }
            Way::Dripping => {
                let head = self.head("content-length: 1000000");
                to.write_all(head.as_bytes()).await?;
                loop {
                    to.write_all(b" ").await?;
                    tokio::time::sleep(DRIP).await;
                }
            }
            Way::Endless(piece) => {
                let head = self.head("connection: close");
                to.write_all(&[head.as_bytes(), &self.body].concat())
                    .await?;
                let many = piece.repeat((1 << 20) / piece.len().max(1));
                loop {
                    to.write_all(&many).await?;
                }
            }
        }
        Ok(Then::Close)
    }

    fn head(&self, last: &str) -> String {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        head.extend([last, "\r\n\r\n"]);
        head
    }
}

/// Reads the head of a request, which has no body here; `None` when the client has closed the connection.
pub(super) async fn read_head<R>(from: &mut R) -> io::Result<Option<String>>
where
    R: AsyncRead + Unpin,
{
    let mut head = Vec::new();
    while find(&head, b"\r\n\r\n").is_none() {
        let is_over = head.len() > LONGEST_HEAD || from.read_buf(&mut head).await? == 0;
        if is_over {
            return Ok(None);
        }
    }
    Ok(String::from_utf8(head).ok())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|it| it == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Answer {
        Answer::parse(b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 4\r\n\r\n{\"\":").unwrap()
    }

    async fn check(way: Way, text: &str, then: Then) {
        let mut written = Vec::new();
        assert_eq!(sent().write(&mut written, way).await.unwrap(), then);
        assert_eq!(String::from_utf8(written).unwrap(), text, "{way:?}");
    }

    #[tokio::test]
    async fn answers_are_written_in_every_way() {
        const HEAD: &str = "HTTP/1.1 200 Status\r\ndate: now\r\n";
        let whole = |length| format!("{HEAD}content-length: {length}\r\n\r\n{{\"\":");
        check(Way::Whole, &whole(4), Then::Keep).await;
        check(Way::TooLong, &whole(14), Then::Close).await;
        check(Way::TooShort, &whole(0), Then::Close).await;
        check(Way::Reset, "", Then::Reset).await;
        let half = format!("{HEAD}content-length: 4\r\n\r\n{{\"");
        check(Way::Truncated, &half, Then::Close).await;
        check(Way::ResetWithin, &half, Then::Reset).await;
        let chunk = format!("{HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{{\"\":");
        check(Way::BadChunk, &chunk, Then::Close).await;
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for bytes in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 two\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            assert!(Answer::parse(bytes).is_err());
        }
    }
}
