//! The simulated server, asked over real sockets.

#[cfg(test)]
mod access;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod client;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod large;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod limiter;
#[cfg(test)]
mod parameters;
#[cfg(test)]
mod versions;
