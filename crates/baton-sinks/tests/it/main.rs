//! What a sink promises: valid output, all of it or nothing.

#[cfg(test)]
mod csv;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod doubt;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod examples;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod export;
#[cfg(test)]
mod folders;
#[cfg(test)]
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod previous;
#[cfg(test)]
mod records;
#[cfg(test)]
#[cfg(feature = "c1z")]
mod resume;
#[cfg(test)]
mod tee;
#[cfg(test)]
mod text;
#[cfg(test)]
mod visibility;
