//! Several sinks finish together or not at all.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use baton_model::{Record, Summary};
use baton_sinks::{Error, Journal, Json, Ndjson, NoJournal, Piece, Sink, Tee};

use crate::records::{names, small_sync, write};

/// What was asked of sinks, in order.
type Calls = Arc<Mutex<Vec<String>>>;

/// Notes what is asked of it, and fails at one thing.
struct Noting {
    name: &'static str,
    fails_at: &'static str,
    calls: Calls,
}

impl Noting {
    fn note(&self, what: &str) -> Result<(), Error> {
        self.calls
            .lock()
            .unwrap()
            .push(format!("{} {what}", self.name));
        if what == self.fails_at {
            let source = io::ErrorKind::StorageFull.into();
            return Err(Error::Io {
                path: PathBuf::from(self.name),
                source,
            });
        }
        Ok(())
    }
}

impl Sink for Noting {
    fn write(&mut self, _: &Record) -> Result<(), Error> {
        self.note("write")
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.note("restart")
    }

    fn prepare(&mut self, _: &Summary) -> Result<(), Error> {
        self.note("prepare")
    }

    fn finish(self: Box<Self>, _: &Summary) -> Result<(), Error> {
        self.note("finish")
    }

    fn abort(self: Box<Self>) {
        let _ = self.note("abort");
    }

    fn suspend(self: Box<Self>) {
        let _ = self.note("suspend");
    }

    fn journal(&self) -> Arc<dyn Journal> {
        Arc::new(Named(self.name))
    }
}

struct Named(&'static str);

impl Journal for Named {
    fn recall(&self, key: &str) -> Option<Piece> {
        NoJournal.recall(key)
    }

    fn keep(&self, _: &str, _: &str) {}

    fn holds_work(&self) -> bool {
        self.0 == "main"
    }
}

/// Makes a tee of three, of which one fails at something.
fn tee((who, fails_at): (&str, &'static str)) -> (Box<Tee>, Calls) {
    let calls = Calls::default();
    let sink = |name| {
        let fails_at = if name == who { fails_at } else { "" };
        let calls = Arc::clone(&calls);
        Box::new(Noting {
            name,
            fails_at,
            calls,
        }) as Box<dyn Sink>
    };
    let tee = Tee::new(sink("main"), vec![sink("one"), sink("two")]);
    (Box::new(tee), calls)
}

#[track_caller]
fn check(failing: (&str, &'static str), work: impl FnOnce(Box<Tee>), expected: &[&str]) {
    let (tee, calls) = tee(failing);
    work(tee);
    assert_eq!(*calls.lock().unwrap(), expected);
}

#[test]
fn everything_goes_to_all() {
    let record = small_sync().remove(0);
    check(
        ("", ""),
        |mut it| {
            it.write(&record).unwrap();
            it.restart().unwrap();
        },
        &[
            "main write",
            "one write",
            "two write",
            "main restart",
            "one restart",
            "two restart",
        ],
    );
    check(
        ("", ""),
        Sink::abort,
        &["one abort", "two abort", "main abort"],
    );
    check(
        ("", ""),
        Sink::suspend,
        &["one suspend", "two suspend", "main suspend"],
    );
    assert!(
        tee(("", "")).0.journal().holds_work(),
        "the journal of the main one"
    );
}

#[test]
fn all_are_ready_before_the_first_finishes() {
    check(
        ("", ""),
        |it| it.finish(&Summary::default()).unwrap(),
        &[
            "main prepare",
            "one prepare",
            "two prepare",
            "main finish",
            "one finish",
            "two finish",
        ],
    );
}

#[test]
fn a_failure_before_the_main_one_has_finished_leaves_nothing() {
    let fail = |it: Box<Tee>| {
        assert!(matches!(
            it.finish(&Summary::default()),
            Err(Error::Io { .. })
        ));
    };
    check(
        ("two", "prepare"),
        fail,
        &[
            "main prepare",
            "one prepare",
            "two prepare",
            "one suspend",
            "two suspend",
            "main suspend",
        ],
    );
    check(
        ("main", "finish"),
        fail,
        &[
            "main prepare",
            "one prepare",
            "two prepare",
            "main finish",
            "one abort",
            "two abort",
        ],
    );
}

#[test]
fn a_failure_after_that_does_not_keep_the_others_from_finishing() {
    check(
        ("one", "finish"),
        |it| {
            let Err(error @ Error::Partly(_)) = it.finish(&Summary::default()) else {
                panic!("one is missing");
            };
            let source = std::error::Error::source(&error).unwrap();
            assert_eq!(source.to_string(), "cannot write one");
            assert!(error.hint().unwrap().contains("export"));
        },
        &[
            "main prepare",
            "one prepare",
            "two prepare",
            "main finish",
            "one finish",
            "two finish",
        ],
    );
}

#[test]
fn real_sinks_hold_what_they_hold_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let sink = |name: &str| Box::new(Ndjson::create(&path(name)).unwrap());
    let json = Box::new(Json::create(&path("b.json")).unwrap());
    let mut tee = Box::new(Tee::new(sink("a.ndjson"), vec![json, sink("c.ndjson")]));
    write(tee.as_mut(), &small_sync());
    tee.restart().unwrap();
    let summary = write(tee.as_mut(), &small_sync());
    assert_eq!(
        names(dir.path())
            .iter()
            .filter(|it| it.ends_with("json"))
            .count(),
        0
    );
    tee.finish(&summary).unwrap();
    let mut alone = sink("alone.ndjson");
    write(alone.as_mut(), &small_sync());
    alone.finish(&summary).unwrap();
    let read = |name| std::fs::read(path(name)).unwrap();
    assert_eq!(read("a.ndjson"), read("alone.ndjson"));
    assert_eq!(read("c.ndjson"), read("alone.ndjson"));
    assert_eq!(
        names(dir.path()),
        ["a.ndjson", "alone.ndjson", "b.json", "c.ndjson"]
    );
}
