//! The crate from outside: pacing against a simulated limiter, and transports over real sockets.

#[cfg(test)]
mod canary;
#[cfg(test)]
mod dialer;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod limiter;
#[cfg(test)]
mod pacing;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod record;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sieve;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod trust;
