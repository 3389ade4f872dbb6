//! How patient a client is.

use std::time::Duration;

/// How patient a client is: pauses, attempts and limits of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Attempts at one request that fails or is answered with trouble that may pass, the first one included.
    /// Answers that say "too many requests" do not count.
    pub attempts: u32,
    /// The pause after the first failed attempt; doubled after each further one.
    pub backoff_base: Duration,
    /// The longest pause between attempts.
    pub backoff_cap: Duration,
    /// Added to the computed end of a rate-limit window. Covers the server's rounding and timers.
    pub margin: Duration,
    /// The longest wait for a rate-limit window; a server that asks for more is asked again after this.
    pub longest_wait: Duration,
    /// How long a rate-limit window is taken to last where the server gives no usable sign. Rocket.Chat's default
    /// is 60 s (`rocketchat-api.md` section 2.1).
    pub assumed_window: Duration,
    /// Seed of the random part of pauses; random itself when absent.
    pub seed: Option<u64>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 6,
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_mins(1),
            margin: Duration::from_millis(50),
            longest_wait: Duration::from_mins(10),
            assumed_window: Duration::from_mins(1),
            seed: None,
        }
    }
}

impl Policy {
    /// Returns where the random part of pauses comes from.
    pub(crate) fn random(&self) -> fastrand::Rng {
        self.seed
            .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)
    }

    /// Returns the pause after `failed` failed attempts: half of the exponential value is fixed, half is random
    /// ("equal jitter"), so that clients do not come back in step and never at once.
    pub(crate) fn backoff(&self, failed: u32, random: &mut fastrand::Rng) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let full = self
            .backoff_base
            .saturating_mul(1 << doublings)
            .min(self.backoff_cap);
        full.mul_f64(0.5 + random.f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_keep_their_half() {
        let policy = Policy::default();
        let mut random = fastrand::Rng::with_seed(1);
        for (failed, full) in [
            (1, 1),
            (2, 2),
            (3, 4),
            (6, 32),
            (7, 60),
            (40, 60),
            (u32::MAX, 60),
        ] {
            for _ in 0..100 {
                let pause = policy.backoff(failed, &mut random).as_secs_f64();
                assert!(
                    (f64::from(full) / 2.0..=f64::from(full)).contains(&pause),
                    "{failed}: {pause}"
                );
            }
        }
    }
}
