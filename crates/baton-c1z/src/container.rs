//! The container around the database: five magic bytes, then zstd (`c1z.md` section 1).

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;

use zstd::stream::raw::CParameter;
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use crate::frame::Header;
use crate::{Error, Limits};

const MAGIC: [u8; 5] = *b"C1ZF\0";
const PEBBLE_MAGIC: [u8; 5] = *b"C1Z3\0";
const BUFFER: usize = 256 * 1024;

/// Level 2 takes half the time of upstream's 3 and makes a file that is 1 % larger.
const LEVEL: i32 = 2;
/// 2 MiB of history, where upstream has 8: what rows have in common is near, and more of it only costs memory.
const WINDOW_LOG: u32 = 21;
/// Threads beside the one that reads the database. They share one frame.
const WORKERS: u32 = 2;
/// How many bytes a worker takes at a time. By default that is four windows, of which several wait in memory.
const JOB: u32 = 2 << 20;

/// Decodes the database in the file `source` into `target`, which is `target_path`.
pub(crate) fn decode(
    source: &Path,
    target: &mut File,
    target_path: &Path,
    limits: Limits,
) -> Result<(), Error> {
    let mut file = File::open(source).map_err(Error::io("open", source))?;
    check_magic(&mut file, source)?;
    let mut frames = BufReader::with_capacity(BUFFER, file);
    let start = frames.fill_buf().map_err(Error::io("read", source))?;
    if start.is_empty() {
        // Upstream takes the magic bytes alone for an empty database.
        return Ok(());
    }
    if let Some(header) = Header::parse(start.get(..Header::MAX_LENGTH).unwrap_or(start)) {
        check_header(header, source, limits)?;
    }

    let mut decoder = Decoder::with_buffer(frames).map_err(Error::io("start decoding", source))?;
    decoder
        .window_log_max(window_log(limits.window))
        .map_err(Error::io("start decoding", source))?;
    let mut buffer = vec![0; BUFFER];
    let mut total = 0u64;
    loop {
        let count = decoder
            .read(&mut buffer)
            .map_err(|error| decoding_failed(error, source))?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        total += bytes.len() as u64;
        if total > limits.decoded {
            return Err(too_large(source, "its content".to_owned(), limits.decoded));
        }
        target
            .write_all(bytes)
            .map_err(Error::io("write", target_path))?;
    }
}

fn check_magic(file: &mut File, path: &Path) -> Result<(), Error> {
    let mut magic = [0; MAGIC.len()];
    match file.read_exact(&mut magic) {
        Ok(()) if magic == MAGIC => Ok(()),
        Ok(()) if magic == PEBBLE_MAGIC => Err(Error::Pebble {
            path: path.to_owned(),
        }),
        Ok(()) => Err(Error::NotC1z {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Error::NotC1z {
            path: path.to_owned(),
        }),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

fn check_header(header: Header, path: &Path, limits: Limits) -> Result<(), Error> {
    if header.window > limits.window {
        return Err(too_large(
            path,
            format!("its window of {} bytes", header.window),
            limits.window,
        ));
    }
    match header.content {
        Some(size) if size > limits.decoded => Err(too_large(
            path,
            format!("its content of {size} bytes"),
            limits.decoded,
        )),
        _ => Ok(()),
    }
}

/// Returns the limit for frames after the first, whose headers are not looked at; zstd knows powers of two only.
fn window_log(limit: u64) -> u32 {
    limit
        .checked_next_power_of_two()
        .map_or(31, u64::trailing_zeros)
        .clamp(10, 31)
}

fn too_large(path: &Path, what: String, limit: u64) -> Error {
    Error::TooLarge {
        path: path.to_owned(),
        what,
        limit,
    }
}

/// Tells an unreadable file from unreadable content.
fn decoding_failed(error: io::Error, path: &Path) -> Error {
    if error.raw_os_error().is_some() {
        return Error::io("read", path)(error);
    }
    let reason = match error.kind() {
        ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    };
    Error::Damaged {
        path: path.to_owned(),
        reason,
    }
}

/// Encodes `database`, which is `size` bytes long, into `target`.
pub(crate) fn encode(database: &mut File, size: u64, target: &mut File) -> io::Result<()> {
    target.write_all(&MAGIC)?;
    let mut encoder = Encoder::new(target, LEVEL)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.include_checksum(true)?;
    encoder.multithread(WORKERS)?;
    encoder.set_parameter(CParameter::JobSize(JOB))?;
    encoder.set_pledged_src_size(Some(size))?;
    io::copy(
        &mut BufReader::with_capacity(BUFFER, database),
        &mut encoder,
    )?;
    encoder.finish()?;
    Ok(())
}
