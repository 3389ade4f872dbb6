//! Answer bodies: pieces that are sent without being joined, so that a cached listing is never copied.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// A body in pieces, with its length known beforehand.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pieces: VecDeque<Bytes>,
    /// Bytes that are announced but not sent yet.
    left: usize,
    end: End,
}

/// What follows the last piece.
#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Whole,
    /// Let what was sent so far reach the other side, then break.
    Flush,
    Break,
}

impl Body {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces: VecDeque<Bytes> = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        Self {
            left: pieces.iter().map(Bytes::len).sum(),
            pieces,
            end: End::Whole,
        }
    }

    /// Returns the pieces as one.
    pub(crate) fn joined(self) -> Bytes {
        let mut whole = Vec::with_capacity(self.left);
        for piece in self.pieces {
            whole.extend_from_slice(&piece);
        }
        whole.into()
    }

    /// Keeps the announced length, but breaks after `length` bytes.
    pub(crate) fn cut_after(mut self, length: usize) -> Self {
        let mut room = length;
        for piece in &mut self.pieces {
            piece.truncate(room);
            room -= piece.len();
        }
        self.pieces.retain(|piece| !piece.is_empty());
        self.end = End::Flush;
        self
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::new([Bytes::from(text)])
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(piece) = self.pieces.pop_front() {
            self.left -= piece.len();
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::Flush => {
                self.end = End::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Break => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.left).unwrap_or(u64::MAX))
    }
}
