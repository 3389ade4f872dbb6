//! Sending a file to C1, in parts as they are read (`baton-runtime.md` section 4.8).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::BatonServiceUploadAssetRequest as UploadAsset;
use baton_proto::connectorapi::baton::v1::baton_service_upload_asset_request::{
    Msg, UploadData, UploadEof, UploadMetadata,
};
use futures_util::Stream;
use futures_util::stream::unfold;
use ring::digest::{Context, SHA256};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::c1::C1;
use crate::{Code, Failure};

/// Every part but the last has exactly so many bytes.
const PART: usize = 512 << 10;
/// The waits before another try, each from the beginning.
const WAITS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(1)];

/// Uploads the file that a task made.
pub(crate) async fn send(c1: &C1, task_id: &str, path: &Path) -> Result<(), Failure> {
    for wait in WAITS {
        let Err(failure) = attempt(c1, task_id, path).await else {
            return Ok(());
        };
        tracing::warn!(
            task.id = task_id,
            error = failure.message(),
            wait_seconds = wait.as_secs(),
            "the upload failed and begins again"
        );
        sleep(wait).await;
    }
    attempt(c1, task_id, path).await
}

async fn attempt(c1: &C1, task_id: &str, path: &Path) -> Result<(), Failure> {
    let file = File::open(path).await.map_err(|error| unreadable(&error))?;
    let (broken, breaks) = oneshot::channel();
    let is_whole = Arc::new(AtomicBool::new(false));
    let parts = Parts {
        next: Next::Metadata,
        host_id: c1.host_id(),
        task_id: task_id.to_owned(),
        file,
        digest: Context::new(&SHA256),
        broken,
        is_whole: Arc::clone(&is_whole),
    };
    let sent = tokio::select! {
        biased;
        Ok(error) = breaks => return Err(unreadable(&error)),
        sent = c1.upload_asset(parts.stream()) => sent,
    };
    sent.map_err(|status| Failure::of_call("the upload", &status))?;
    if !is_whole.load(Ordering::Relaxed) {
        let words = "the upload failed: C1 answered before it had everything";
        return Err(Failure::new(Code::Unknown, words));
    }
    Ok(())
}

fn unreadable(error: &io::Error) -> Failure {
    let message = format!("the file to upload cannot be read: {error}");
    Failure::new(Code::Internal, message)
}

/// What is still to be sent of a file.
struct Parts {
    next: Next,
    host_id: String,
    task_id: String,
    file: File,
    digest: Context,
    /// Where it is told that reading failed: a stream of messages has no room for errors.
    broken: oneshot::Sender<io::Error>,
    /// Becomes true with the last message.
    is_whole: Arc<AtomicBool>,
}

#[derive(Clone, Copy)]
enum Next {
    Metadata,
    Data,
    Nothing,
}

impl Parts {
    fn stream(self) -> impl Stream<Item = UploadAsset> + Send + 'static {
        unfold(self, Self::step)
    }

    async fn step(mut self) -> Option<(UploadAsset, Self)> {
        let message = match self.next {
            Next::Metadata => {
                self.next = Next::Data;
                Msg::Metadata(UploadMetadata {
                    host_id: self.host_id.clone(),
                    task_id: self.task_id.clone(),
                    ..UploadMetadata::default()
                })
            }
            Next::Data => match self.read().await {
                Ok(data) if data.is_empty() => {
                    self.next = Next::Nothing;
                    self.is_whole.store(true, Ordering::Relaxed);
                    Msg::Eof(UploadEof {
                        sha256_checksum: self.digest.clone().finish().as_ref().to_vec(),
                        ..UploadEof::default()
                    })
                }
                Ok(data) => {
                    self.digest.update(&data);
                    Msg::Data(UploadData { data })
                }
                Err(error) => return self.give_up(error).await,
            },
            Next::Nothing => return None,
        };
        let message = UploadAsset { msg: Some(message) };
        Some((message, self))
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut data = Vec::with_capacity(PART);
        let mut part = (&mut self.file).take(PART as u64);
        part.read_to_end(&mut data).await?;
        Ok(data)
    }

    /// Never ends, so that C1 does not take what it has for the whole.
    async fn give_up<T>(self, error: io::Error) -> T {
        // Without a receiver nobody waits for the upload any more either.
        let _ = self.broken.send(error);
        std::future::pending().await
    }
}
