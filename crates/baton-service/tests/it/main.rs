//! The crate from outside: a service against a stand-in for C1.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod health;
#[cfg(test)]
mod heartbeats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kernel;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod polling;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod startup;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod transcript;
#[cfg(test)]
mod unwanted;
#[cfg(test)]
mod uploads;
