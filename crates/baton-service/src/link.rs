//! A connection to C1.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;

use crate::dial::Stream;

/// A connection, whatever it is made of, and the version of HTTP that was agreed on.
pub struct Link {
    stream: Box<dyn Stream>,
    is_http2: bool,
}

impl Link {
    /// Takes a connection after its TLS handshake, and whether that agreed on HTTP/2.
    pub fn new(stream: impl Stream + 'static, is_http2: bool) -> Self {
        Self {
            stream: Box::new(stream),
            is_http2,
        }
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.is_http2
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("is_http2", &self.is_http2)
            .finish_non_exhaustive()
    }
}

/// A [`Link`] as hyper wants it: a type of its own, so that no interface of ours has hyper's traits.
pub(crate) struct Line {
    stream: TokioIo<Box<dyn Stream>>,
    is_http2: bool,
}

impl From<Link> for Line {
    fn from(link: Link) -> Self {
        Self {
            stream: TokioIo::new(link.stream),
            is_http2: link.is_http2,
        }
    }
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        if self.is_http2 {
            Connected::new().negotiated_h2()
        } else {
            Connected::new()
        }
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
