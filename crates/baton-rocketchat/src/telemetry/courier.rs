//! Bringing spans and log lines to the collector, beside everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::collector::{Collector, Trouble};

/// How long what is new waits for company (`baton-runtime.md` section 6.6).
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause after trouble; each is twice as long as the one before.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So many are sent at a time. A collector takes 4 MiB by default.
const BATCH: usize = 512;
/// So many wait at most, and as many again while something is being sent. What comes then is lost.
const MOST: usize = 4096;
/// The time for what is left at the end, where there is trouble already.
const SHORT_FAREWELL: Duration = Duration::from_secs(1);

/// Something to send.
pub(super) enum Item {
    Span(Span),
    Line(LogRecord),
}

/// Where spans and lines are put, which never waits.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    items: mpsc::Sender<Item>,
    lost: Arc<AtomicU64>,
}

impl Queue {
    pub(super) fn put(&self, item: Item) {
        if self.items.try_send(item).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What brings them to the collector.
pub(super) struct Courier {
    stop: oneshot::Sender<()>,
    work: JoinHandle<()>,
    /// Whether the collector could not be called the last time.
    is_in_trouble: Arc<AtomicBool>,
}

impl Courier {
    /// Has everything sent that was put into the queue by now, if that does not take longer than `farewell`.
    pub(super) async fn close(self, farewell: Duration) {
        // One that is gone has nothing left.
        let _ = self.stop.send(());
        let is_in_trouble = self.is_in_trouble.load(Ordering::Relaxed);
        let limit = if is_in_trouble {
            SHORT_FAREWELL
        } else {
            farewell
        };
        if timeout(limit, self.work).await.is_err() && !is_in_trouble {
            tracing::warn!(
                "the OpenTelemetry collector did not take everything within {} s; the rest is lost",
                limit.as_secs()
            );
        }
    }
}

/// Begins to bring to the collector what is put into the queue.
pub(super) fn start(
    collector: Collector,
    resource: &opentelemetry_sdk::Resource,
    runtime: &Handle,
) -> (Queue, Courier) {
    let (sender, items) = mpsc::channel(MOST);
    let lost = Arc::new(AtomicU64::new(0));
    let (stop, stopped) = oneshot::channel();
    let is_in_trouble = Arc::new(AtomicBool::new(false));
    let rounds = Rounds {
        items,
        is_in_trouble: Arc::clone(&is_in_trouble),
        lost: Arc::clone(&lost),
        collector,
        source: Source::of(resource),
        lines: Lane::default(),
        spans: Lane::default(),
    };
    let work = runtime.spawn(rounds.run(stopped));
    let queue = Queue {
        items: sender,
        lost,
    };
    let courier = Courier {
        stop,
        work,
        is_in_trouble,
    };
    (queue, courier)
}

/// Who says it all.
struct Source {
    resource: Resource,
    scope: InstrumentationScope,
}

impl Source {
    fn of(resource: &opentelemetry_sdk::Resource) -> Self {
        Self {
            resource: Resource {
                attributes: ResourceAttributesWithSchema::from(resource).attributes.0,
                ..Resource::default()
            },
            scope: InstrumentationScope {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..InstrumentationScope::default()
            },
        }
    }
}

/// One of the kinds of things that are sent.
trait Signal: Clone {
    const NAME: &str;

    async fn send(batch: Vec<Self>, collector: &Collector, source: &Source) -> Result<(), Trouble>;
}

impl Signal for LogRecord {
    const NAME: &str = "log lines";

    async fn send(batch: Vec<Self>, collector: &Collector, source: &Source) -> Result<(), Trouble> {
        let scope_logs = ScopeLogs {
            scope: Some(source.scope.clone()),
            log_records: batch,
            ..ScopeLogs::default()
        };
        let resource_logs = ResourceLogs {
            resource: Some(source.resource.clone()),
            scope_logs: vec![scope_logs],
            ..ResourceLogs::default()
        };
        let request = ExportLogsServiceRequest {
            resource_logs: vec![resource_logs],
        };
        collector.take_lines(request).await
    }
}

impl Signal for Span {
    const NAME: &str = "spans";

    async fn send(batch: Vec<Self>, collector: &Collector, source: &Source) -> Result<(), Trouble> {
        let scope_spans = ScopeSpans {
            scope: Some(source.scope.clone()),
            spans: batch,
            ..ScopeSpans::default()
        };
        let resource_spans = ResourceSpans {
            resource: Some(source.resource.clone()),
            scope_spans: vec![scope_spans],
            ..ResourceSpans::default()
        };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![resource_spans],
        };
        collector.take_spans(request).await
    }
}

/// What waits of one signal.
struct Lane<T> {
    waiting: Vec<T>,
    /// Whether the last attempt failed, which is said once.
    is_failing: bool,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            is_failing: false,
        }
    }
}

impl<T: Signal> Lane<T> {
    /// Sends what waits, batch by batch. Returns whether the collector could be called.
    async fn send(&mut self, collector: &Collector, source: &Source, lost: &AtomicU64) -> bool {
        while !self.waiting.is_empty() {
            let batch: Vec<_> = self.waiting.iter().take(BATCH).cloned().collect();
            let size = batch.len();
            match T::send(batch, collector, source).await {
                Ok(()) => self.note_success(lost),
                Err(trouble) => {
                    self.note(&trouble, collector);
                    if trouble.may_pass {
                        return false;
                    }
                    lost.fetch_add(size as u64, Ordering::Relaxed);
                }
            }
            self.waiting.drain(..size);
        }
        true
    }

    fn note(&mut self, trouble: &Trouble, collector: &Collector) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(
                collector = %collector,
                error = trouble.words,
                "the OpenTelemetry collector takes no {}; the run goes on without it",
                T::NAME
            );
        }
    }

    fn note_success(&mut self, lost: &AtomicU64) {
        if std::mem::take(&mut self.is_failing) {
            let lost = lost.swap(0, Ordering::Relaxed);
            tracing::info!(lost, "the OpenTelemetry collector takes {} again", T::NAME);
        }
    }
}

/// The work of the courier.
struct Rounds {
    items: mpsc::Receiver<Item>,
    is_in_trouble: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
    collector: Collector,
    source: Source,
    lines: Lane<LogRecord>,
    spans: Lane<Span>,
}

impl Rounds {
    async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut pause = PAUSE;
        loop {
            let is_last = self.collect(&mut stop, pause).await;
            let is_called = self.send().await;
            self.is_in_trouble.store(!is_called, Ordering::Relaxed);
            pause = if is_called {
                PAUSE
            } else {
                (2 * pause).min(LONGEST_PAUSE)
            };
            if is_last {
                return;
            }
        }
    }

    /// Takes what comes, until it is time to send it. Returns whether nothing more will come.
    async fn collect(&mut self, stop: &mut oneshot::Receiver<()>, pause: Duration) -> bool {
        let mut end = std::pin::pin!(sleep(pause));
        loop {
            let waiting = self.lines.waiting.len() + self.spans.waiting.len();
            let is_failing = self.lines.is_failing || self.spans.is_failing;
            if waiting >= BATCH && !is_failing {
                return false;
            }
            tokio::select! {
                biased;
                _ = &mut *stop => {
                    self.items.close();
                    while let Some(item) = self.items.recv().await {
                        self.add(item);
                    }
                    return true;
                }
                () = &mut end => return false,
                Some(item) = self.items.recv(), if waiting < MOST => self.add(item),
            }
        }
    }

    fn add(&mut self, item: Item) {
        match item {
            Item::Span(span) => self.spans.waiting.push(span),
            Item::Line(line) => self.lines.waiting.push(line),
        }
    }

    /// Sends what waits. Returns whether the collector could be called.
    async fn send(&mut self) -> bool {
        let Self {
            lost,
            collector,
            source,
            lines,
            spans,
            ..
        } = self;
        lines.send(collector, source, lost).await && spans.send(collector, source, lost).await
    }
}
