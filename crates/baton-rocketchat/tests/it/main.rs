//! The real binary, run as a user runs it.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod choices;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod oneshot;
#[cfg(test)]
mod shrink;
#[cfg(test)]
mod summary;
#[cfg(test)]
mod validate;
