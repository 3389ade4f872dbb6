//! The endpoints against the bodies that servers of several versions answer with.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod requests;
