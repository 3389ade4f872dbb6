//! Tests through the public interface, on real files.

#[cfg(test)]
mod diff;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod made_up;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod previous;
#[cfg(test)]
mod records;
#[cfg(test)]
mod refuse;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod retain;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod save;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unfinished;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod write;
