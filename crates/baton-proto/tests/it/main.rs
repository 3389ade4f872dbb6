//! The examples, run.

#[cfg(test)]
mod examples;
