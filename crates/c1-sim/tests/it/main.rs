//! What a simulated C1 refuses, and where it can be reached.

#[cfg(test)]
mod client;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod network;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod uploads;
