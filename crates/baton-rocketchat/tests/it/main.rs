//! The real binary, run as a user runs it.

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod choices;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod max_duration;
#[cfg(test)]
mod network;
#[cfg(test)]
mod oneshot;
#[cfg(test)]
mod outputs;
#[cfg(test)]
mod progress;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod service;
#[cfg(test)]
mod show;
#[cfg(test)]
mod shrink;
#[cfg(test)]
mod snapshot;
#[cfg(test)]
mod summary;
#[cfg(test)]
#[cfg(feature = "otel")]
mod telemetry;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod validate;
