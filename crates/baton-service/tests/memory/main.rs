//! What a service holds on to in a day: memory and connections. In a process of its own, because the kernel counts memory
//! by processes.

#[cfg(test)]
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "../it/fake.rs"]
mod fake;
#[cfg(test)]
#[path = "../it/kernel.rs"]
mod kernel;
#[cfg(test)]
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "../it/stand_in.rs"]
mod stand_in;

#[cfg(test)]
mod tests {
    use c1_sim::seconds;

    use crate::fake::{Fake, full_sync, run};
    use crate::kernel::resident;
    use crate::stand_in::StandIn;

    /// What is seen at the end of an hour.
    #[derive(Debug)]
    struct Seen {
        /// The resident size of this process in KiB.
        resident: u64,
        open: usize,
        tokens: usize,
    }

    /// Polls for an hour, in the first half so often that a connection is kept, in the second so seldom that each poll
    /// makes its own, with a sync in each. Then C1 forgets it all, so that only the service could remember.
    async fn hour(c1: &StandIn) -> Seen {
        for (wait, polls) in [(20, 90), (150, 102)] {
            c1.behave(|it| it.next_poll = seconds(wait));
            c1.give(full_sync());
            c1.until_called("GetTask", polls).await;
        }
        assert_eq!(c1.finished().len(), 2);
        let tokens = c1.times("POST /auth/v1/token").len();
        c1.forget();
        Seen {
            resident: resident(),
            open: c1.connections().1,
            tokens,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_of_polling_leaves_nothing_behind() {
        let c1 = StandIn::start();
        let mut hours = Vec::new();
        let stop = async {
            for _ in 0..24 {
                hours.push(hour(&c1).await);
            }
        };
        run(&c1, &Fake::with([]), stop).await.unwrap();
        assert!(hours.iter().all(|it| it.open <= 2), "{hours:?}");
        // A token is good for an hour.
        let tokens: usize = hours.iter().map(|it| it.tokens).sum();
        assert!((24..=26).contains(&tokens), "{hours:?}");
        // 250 bytes a poll would be 299 KiB in these 12 hours.
        let grown = hours[23].resident.saturating_sub(hours[11].resident);
        assert!(grown < 256, "{grown} KiB more: {hours:?}");
    }
}
