//! Plays C1 for a connector that runs as a service, and keeps what it uploads:
//! `cargo run -p c1-sim --example receive -- sync.c1z baton-rocketchat …`.
//!
//! The program named behind the file is started with what it needs to find this C1: the variables `BATON_CLIENT_ID`,
//! `BATON_CLIENT_SECRET` and `SSL_CERT_FILE`. It is given one full sync, and stopped when that is done. Without arguments
//! nobody connects: then the variables are printed and C1 waits for a minute, for a connector that is started by hand.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command};

use baton_proto::connectorapi::baton::v1::task::{SyncFullTask, TaskType};
use c1_sim::{CLIENT_SECRET, Server, Settings, client_id};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let file = arguments.next().unwrap_or_else(|| "sync.c1z".into());
    let folder = tempfile::tempdir()?;
    let authority = folder.path().join("authority.pem");

    let c1 = Server::new(Settings::default())?;
    let variables = open(&c1, &authority).await?;
    let mut connector = None;
    if let Some(program) = arguments.next() {
        let mut command = Command::new(program);
        command.args(arguments).envs(variables);
        connector = Some(Stopped(command.spawn()?));
    } else {
        print(&variables, &mut io::stdout())?;
    }
    receive(&c1, Path::new(&file), &mut io::stdout()).await?;
    drop(connector);
    Ok(())
}

/// Opens a port, and returns what a connector has to be told.
pub(crate) async fn open(c1: &Server, authority: &Path) -> Result<[(&'static str, String); 3]> {
    let port = c1.listen().await?.port();
    // The certificate is from an authority that nobody trusts who is not told to.
    fs::write(authority, c1.authority_pem())?;
    Ok([
        ("BATON_CLIENT_ID", client_id(&format!("localhost:{port}"))),
        ("BATON_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("SSL_CERT_FILE", authority.display().to_string()),
    ])
}

pub(crate) fn print(variables: &[(&str, String)], output: &mut dyn Write) -> Result<()> {
    for (name, value) in variables {
        writeln!(output, "export {name}={value}")?;
    }
    output.flush()?;
    Ok(())
}

/// Gives one sync to whoever connects, keeps the file, and prints every call but the parts of the upload.
pub(crate) async fn receive(c1: &Server, file: &Path, output: &mut dyn Write) -> Result<()> {
    let task = c1.give(TaskType::SyncFull(SyncFullTask::default()));
    // Fails if nothing comes within `Settings::patience`, or if any call was not as C1 wants it.
    c1.until_finished(1).await;
    for call in c1.calls() {
        if call.name() != "UploadAsset data" {
            let seconds = call.at.as_secs_f64();
            writeln!(output, "{seconds:>7.1} s  {}", call.name())?;
        }
    }
    if let Some(status) = &c1.finished()[0].status {
        return Err(format!("the sync failed: {}", status.message).into());
    }
    let uploads = c1.uploads(&task);
    let upload = uploads.first().ok_or("nothing was uploaded")?;
    fs::write(file, upload)?;
    writeln!(output, "{}: {} bytes", file.display(), upload.len())?;
    Ok(())
}

/// A program that is ended with this value.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
