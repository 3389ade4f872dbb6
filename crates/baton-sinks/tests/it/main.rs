//! What a sink promises: valid output, all of it or nothing.

#[cfg(test)]
#[cfg(feature = "c1z")]
mod doubt;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod previous;
#[cfg(test)]
mod records;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod resume;
#[cfg(test)]
mod text;
#[cfg(test)]
mod visibility;
