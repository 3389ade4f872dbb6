//! Disks that fail: the file that was there stays whole, nothing is left that could have been removed, and the next run
//! succeeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rocketchat_sim::{Account, Action, Fault, Server, Settings, Shape, Workspace};
use tempfile::TempDir;

use crate::binary::{Binary, Run, names, server, server_with, signal, until};

/// A program that is killed with the test.
struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        signal(self.0.id(), name);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Runs a command on another thread, so that the simulated server can answer.
async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

/// Lets a command run the binary through a shell, with the same variables.
fn through(binary: &Binary, script: &str, temp_dir: &Path, arguments: &[&str]) -> Command {
    let program = binary.command(arguments);
    let mut command = sh(script);
    command
        .arg("sh")
        .arg(program.get_program())
        .args(program.get_args());
    command.current_dir(binary.path("")).env_clear();
    let variables = program
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    command.envs(variables).env("TMPDIR", temp_dir);
    // Where `unshare` and `mount` are.
    command.env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    command
}

/// Answers slowly enough for something to happen meanwhile.
async fn slow_server() -> Server {
    let slow = Fault::new("*", 1, Action::Delay(Duration::from_millis(60))).times(usize::MAX);
    server_with(Settings {
        faults: vec![slow],
        ..Settings::default()
    })
    .await
}

/// A sync that was left alone, for comparison.
async fn first_sync(binary: &Binary) -> Vec<u8> {
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    fs::read(binary.path("sync.c1z")).unwrap()
}

#[track_caller]
fn assert_failed(run: &Run, error: &str) {
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.error().contains(error), "{}", run.error());
    assert!(run.error().contains("\n\nhint: "), "{}", run.error());
}

/// No file may grow beyond so many blocks, of 512 or 1024 bytes as the shell counts them: the working copy fails early,
/// in the middle, and late.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_grow() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let old = first_sync(&binary).await;
    let temp_dir = tempfile::tempdir().unwrap();
    let mut failed = 0;
    for blocks in [1, 40, 130, 200, 280, 360] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let run = Run::of(output(through(&binary, &script, temp_dir.path(), &[])).await);
        if run.code == Some(0) {
            continue;
        }
        failed += 1;
        assert_failed(&run, "hint: check free space");
        assert_eq!(fs::read(binary.path("sync.c1z")).unwrap(), old, "{blocks}");
        assert_eq!(names(temp_dir.path()), Vec::<String>::new(), "{blocks}");
        let files = binary.files();
        let others = files.iter().filter(|it| *it != "sync.c1z");
        assert!(
            others.clone().all(|it| it == "sync.c1z.journal"),
            "{files:?}"
        );
    }
    assert!(failed >= 3, "{failed} failed");
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), ["sync.c1z"]);
}

/// Mounts a file system of its own where that is allowed to anybody, and runs `script` in it.
///
/// Where it is not allowed, as in many containers, `None`: what the callers check then stays unchecked on that machine.
async fn with_mounts(binary: &Binary, script: &str, temp_dir: &Path) -> Option<Run> {
    let allowed = output(sh("unshare -rm mount -t tmpfs none /mnt")).await;
    if !allowed.status.success() {
        let words = String::from_utf8_lossy(&allowed.stderr).into_owned();
        eprintln!("not checked, because nothing can be mounted here: {words}");
        return None;
    }
    let script = format!("exec unshare -rm sh -ec '{script}' sh \"$@\"");
    Some(Run::of(
        output(through(binary, &script, temp_dir, &[])).await,
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let old = first_sync(&binary).await;
    let temp_dir = tempfile::tempdir().unwrap();
    // Working files have room; the disk of the file has none. What is on it then is shown by copies.
    let script = "mkdir m; mount -t tmpfs -o size=256k none m; cp sync.c1z m; cd m; \
                  cat /dev/zero > fill 2>&- || true; set +e; \"$@\"; code=$?; set -e; \
                  cp sync.c1z ../after; rm fill; ls > ../left; \"$@\" 2>&-; cp sync.c1z ../next; exit $code";
    let Some(run) = with_mounts(&binary, script, temp_dir.path()).await else {
        return;
    };
    assert_failed(&run, "No space left on device");
    assert_eq!(fs::read(binary.path("after")).unwrap(), old);
    let left = fs::read_to_string(binary.path("left")).unwrap();
    assert!(
        left.lines()
            .all(|it| it.starts_with("sync.c1z") && !it.contains(".saving-")),
        "{left}"
    );
    assert_ne!(
        fs::read(binary.path("next")).unwrap(),
        old,
        "the next run succeeds"
    );
    assert_eq!(names(temp_dir.path()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_read_only_is_refused_before_any_request() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let old = first_sync(&binary).await;
    let before = server.log().len();
    // Permissions do not stop root, as whom tests may run; in this place not even root makes files.
    let run = binary.run(&["-f", "/proc/self/sync.c1z"]).await;
    assert_failed(&run, "its directory is not writable");
    let run = binary.run(&["-f", "sync.c1z/sync.c1z"]).await;
    assert_failed(&run, "its parent is not a directory");
    let temp_dir = tempfile::tempdir().unwrap();
    let script =
        "mkdir m; mount -t tmpfs none m; cp sync.c1z m; mount -o remount,ro m; cd m; exec \"$@\"";
    if let Some(run) = with_mounts(&binary, script, temp_dir.path()).await {
        assert_failed(&run, "its directory is not writable");
    }
    assert_eq!(server.log().len(), before);
    assert_eq!(fs::read(binary.path("sync.c1z")).unwrap(), old);
}

/// Starts the binary, with working files in a directory of their own.
fn start(binary: &Binary, temp_dir: &Path) -> Running {
    let mut command = binary.command(&[]);
    command
        .env("TMPDIR", temp_dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    Running(command.spawn().unwrap())
}

async fn end(mut running: Running) -> Run {
    let ended = move || {
        let mut stderr = Vec::new();
        std::io::Read::read_to_end(running.0.stderr.as_mut().unwrap(), &mut stderr).unwrap();
        let status = running.0.wait().unwrap();
        Run::of(Output {
            status,
            stdout: Vec::new(),
            stderr,
        })
    };
    tokio::task::spawn_blocking(ended).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_for_working_files_that_vanishes() {
    let server = slow_server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let old = first_sync(&binary).await;
    let temp_dir = tempfile::tempdir().unwrap();
    let place = temp_dir.path().join("working");
    fs::create_dir(&place).unwrap();
    let before = server.log().len();
    let running = start(&binary, &place);
    until("a request is made", || server.log().len() > before + 2).await;
    fs::remove_dir_all(&place).unwrap();
    let run = end(running).await;
    assert_failed(&run, "sync.c1z");
    assert_eq!(fs::read(binary.path("sync.c1z")).unwrap(), old);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), ["sync.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_removes_or_replaces_the_file() {
    let server = slow_server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let old = first_sync(&binary).await;
    let file = binary.path("sync.c1z");
    let temp_dir = tempfile::tempdir().unwrap();
    for other in [None, Some(b"C1ZF\0".to_vec())] {
        let before = server.log().len();
        let running = start(&binary, temp_dir.path());
        until("a request is made", || server.log().len() > before + 2).await;
        fs::remove_file(&file).unwrap();
        if let Some(other) = &other {
            fs::write(&file, other).unwrap();
        }
        let run = end(running).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let warned = run
            .stderr
            .contains("another program changed the file during the sync");
        assert_eq!(warned, other.is_some(), "{}", run.stderr);
        assert_eq!(
            binary.finished_syncs().len(),
            2,
            "those before, and this one"
        );
        fs::write(&file, &old).unwrap();
    }
    assert_eq!(binary.files(), ["sync.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_stays_and_the_file_behind_it_is_replaced() {
    let server = slow_server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    fs::create_dir(binary.path("data")).unwrap();
    std::os::unix::fs::symlink("data/real.c1z", binary.path("sync.c1z")).unwrap();
    for syncs in [1, 2] {
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let link = fs::read_link(binary.path("sync.c1z")).unwrap();
        assert_eq!(link, Path::new("data/real.c1z"));
        assert_eq!(names(&binary.path("data")), ["real.c1z"]);
        assert_eq!(binary.finished_syncs().len(), syncs);
    }
    // Two runs meet, whichever of the names each has.
    let temp_dir = tempfile::tempdir().unwrap();
    let before = server.log().len();
    let first = start(&binary, temp_dir.path());
    until("a request is made", || server.log().len() > before + 2).await;
    let second = binary.run(&["-f", "data/real.c1z"]).await;
    assert_failed(&second, "another process is writing");
    let owner = format!("(process {})", first.0.id());
    assert!(second.error().contains(&owner), "{}", second.error());
    assert_eq!(end(first).await.code, Some(0));
}

/// Returns the name under which a save is under way.
fn saving(binary: &Binary) -> Option<PathBuf> {
    let files = binary.files();
    let name = files.iter().find(|it| it.contains(".saving-"))?;
    Some(binary.path(name))
}

/// Stops a run as soon as it saves; `None` if it was done before anybody looked.
async fn stopped_in_the_save(binary: &Binary, temp_dir: &TempDir) -> Option<Running> {
    let mut running = start(binary, temp_dir.path());
    let search = {
        let folder = binary.path("");
        move || {
            while running.0.try_wait().unwrap().is_none() {
                if names(&folder).iter().any(|it| it.contains(".saving-")) {
                    running.signal("STOP");
                    return Some(running);
                }
            }
            None
        }
    };
    let running = tokio::task::spawn_blocking(search).await.unwrap()?;
    // It may have come to the end in the meantime.
    saving(binary).is_some().then_some(running)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_the_middle_of_the_save() {
    let workspace = Workspace::generate(&Shape {
        users: 2000,
        teams: 4,
        members: 6,
        seed: 3,
    });
    let settings = Settings {
        limiter: None,
        ..Settings::default()
    };
    let server = Server::start(workspace, settings).await.unwrap();
    let binary = Binary::for_account(&server, Account::Reader);
    let mut old = first_sync(&binary).await;
    let temp_dir = tempfile::tempdir().unwrap();
    let mut hits = 0;
    for _ in 0..20 {
        let Some(mut running) = stopped_in_the_save(&binary, &temp_dir).await else {
            old = fs::read(binary.path("sync.c1z")).unwrap();
            continue;
        };
        hits += 1;
        assert_eq!(
            fs::read(binary.path("sync.c1z")).unwrap(),
            old,
            "while it is saved"
        );
        running.0.kill().unwrap();
        running.0.wait().unwrap();
        assert_eq!(
            fs::read(binary.path("sync.c1z")).unwrap(),
            old,
            "afterwards"
        );
        assert!(saving(&binary).is_some() && !names(temp_dir.path()).is_empty());
        if hits == 2 {
            break;
        }
    }
    assert!(hits > 0, "no save was met");
    // The next run removes what the dead ones left, and is whole.
    let mut command = binary.command(&[]);
    command.env("TMPDIR", temp_dir.path());
    let run = Run::of(output(command).await);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), ["sync.c1z"]);
    assert_eq!(names(temp_dir.path()), Vec::<String>::new());
    assert_eq!(binary.finished_syncs().len(), 2);
}
