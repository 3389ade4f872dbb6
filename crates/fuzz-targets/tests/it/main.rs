//! Every input of the corpora, through the functions that the fuzzer calls.

#[cfg(test)]
mod corpora;
