//! Asking for tasks.

use std::time::Duration;

use c1_sim::{Status, What, seconds, task_id};

use crate::fake::{Fake, Plan, config, full_sync, run, run_with};
use crate::stand_in::StandIn;

#[tokio::test(start_paused = true)]
async fn polls_follow_what_c1_says_up_to_five_minutes() {
    let c1 = StandIn::start();
    c1.behave(|state| state.next_poll = seconds(9999));
    run(&c1, &Fake::with([]), c1.until_called("GetTask", 3))
        .await
        .unwrap();
    assert_eq!(c1.times("GetTask"), [0.0, 300.0, 600.0]);
}

#[tokio::test(start_paused = true)]
async fn polls_at_once_are_possible() {
    let c1 = StandIn::start();
    c1.behave(|state| state.next_poll = seconds(0));
    run(&c1, &Fake::with([]), c1.until_called("GetTask", 100))
        .await
        .unwrap();
    assert_eq!(c1.times("GetTask").last(), Some(&0.0));
}

#[tokio::test(start_paused = true)]
async fn failures_are_waited_out_longer_and_longer() {
    let failures = || (0..9).map(|_| Status::unavailable("not now"));
    let expected = [0.0, 1.0, 5.0, 14.0, 30.0, 55.0, 91.0, 140.0, 200.0, 260.0];
    for get_tasks in [false, true] {
        let c1 = StandIn::start();
        c1.behave(|state| state.task_answers.extend(failures()));
        let name = if get_tasks { "GetTasks" } else { "GetTask" };
        let mut config = config();
        config.get_tasks = get_tasks;
        run_with(config, &c1, &Fake::with([]), c1.until_called(name, 10))
            .await
            .unwrap();
        assert_eq!(c1.times(name), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn several_tasks_are_asked_for_with_those_that_are_known() {
    let c1 = StandIn::start();
    let twice = task_id(1);
    c1.give(full_sync());
    c1.give_as(&twice, Some(full_sync()));
    c1.give_as(&task_id(3), Some(full_sync()));
    let long = || Plan::Last(Duration::from_mins(1));
    let fake = Fake::with([long(), long()]);
    let mut config = config();
    config.get_tasks = true;
    run_with(config, &c1, &fake, c1.until_finished(2))
        .await
        .unwrap();
    let asked = c1.calls().into_iter().filter_map(|it| match it.what {
        What::GetTasks(request) => Some(request),
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    assert_eq!((asked[0].page_size, asked[0].known_task_ids.len()), (6, 0));
    let mut known = asked[1].known_task_ids.clone();
    known.sort();
    assert_eq!((asked[1].page_size, known), (4, vec![twice, task_id(3)]));
    assert!(!c1.names().contains(&"GetTask"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_cut_is_made_again() {
    let c1 = StandIn::start();
    let stop = async {
        c1.until_called("GetTask", 2).await;
        c1.cut();
        c1.give(full_sync());
        c1.until_finished(1).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
    assert_eq!(c1.finished()[0].status, None);
}

#[tokio::test(start_paused = true)]
async fn c1_may_think_for_long() {
    let c1 = StandIn::start();
    let stop = async {
        c1.until_called("GetTask", 1).await;
        c1.behave(|state| state.slowness = Duration::from_mins(20));
        c1.until_called("GetTask", 3).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
    assert_eq!(c1.times("GetTask"), [0.0, 1201.0, 2402.0]);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_gone_is_noticed() {
    let c1 = StandIn::start();
    let stop = async {
        c1.until_called("GetTask", 1).await;
        c1.freeze();
        c1.until_called("GetTask", 2).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
    // The ping after 310 s is given up after 20 s more, and the question is asked again 1 s later.
    assert_eq!(c1.times("GetTask"), [0.0, 331.0]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_given_out_twice_is_worked_on_once() {
    for get_tasks in [false, true] {
        let c1 = StandIn::start();
        let id = c1.give(full_sync());
        c1.give_as(&id, Some(full_sync()));
        let fake = Fake::with([Plan::Last(Duration::from_mins(1))]);
        let mut config = config();
        config.get_tasks = get_tasks;
        run_with(
            config,
            &c1,
            &fake,
            tokio::time::sleep(Duration::from_mins(5)),
        )
        .await
        .unwrap();
        assert_eq!(c1.times("FinishTask"), [60.0], "{get_tasks}");
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_that_wait_when_the_service_stops_are_told_too() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    c1.give(full_sync());
    let fake = Fake::with([Plan::Last(Duration::from_hours(9))]);
    let mut config = config();
    config.concurrency = 1;
    config.get_tasks = true;
    run_with(config, &c1, &fake, c1.until_called("Heartbeat", 1))
        .await
        .unwrap();
    let finished = c1.finished();
    assert_eq!(finished.len(), 2);
    assert!(finished.iter().all(|it| it.status.is_some()));
    assert_eq!(fake.requests.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_slots_is_possible() {
    for get_tasks in [false, true] {
        let c1 = StandIn::start();
        c1.give(full_sync());
        let mut config = config();
        config.concurrency = usize::MAX;
        config.get_tasks = get_tasks;
        run_with(config, &c1, &Fake::with([]), c1.until_finished(1))
            .await
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn many_tasks_leave_nothing_open() {
    let c1 = StandIn::start();
    for _ in 0..20 {
        c1.give(full_sync());
    }
    let stop = async {
        c1.until_finished(20).await;
        c1.until_called("GetTask", 22).await;
        // Each task had two connections of its own. What is left is for tokens and for all other calls.
        let (made, open) = c1.connections();
        assert!(made > 40 && open <= 2, "{open} of {made}");
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
}
