//! The engine: replayed scenarios, and the simulated workspace over real sockets.

#[cfg(test)]
mod churn;
#[cfg(test)]
mod completeness;
#[cfg(test)]
mod continued;
#[cfg(test)]
mod dropped;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod mapping;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod progress;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod scope;
#[cfg(test)]
mod server;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tables;
