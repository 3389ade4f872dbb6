//! The real binary, run as a user runs it.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod oneshot;
