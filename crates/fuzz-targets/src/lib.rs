#![doc = include_str!("../README.md")]

mod addresses;
mod answers;
mod credentials;
mod files;
mod headers;
mod texts;

pub use addresses::addresses;
pub use answers::answers;
pub use credentials::credentials;
pub use files::{container, database, journal};
pub use headers::headers;
pub use texts::texts;

/// Something that is done with bytes.
pub type Target = fn(&[u8]);

/// All targets, each with the name of its folder of inputs.
pub const ALL: [(&str, Target); 8] = [
    ("container", container),
    ("database", database),
    ("journal", journal),
    ("answers", answers),
    ("headers", headers),
    ("credentials", credentials),
    ("addresses", addresses),
    ("texts", texts),
];

/// Divides text into lines; what is no UTF-8 is replaced.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split('\n').map(str::to_owned).collect()
}
