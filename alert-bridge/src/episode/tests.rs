//! What Alertmanager tells in all its orders, and the one story that must come out.

use super::*;
use crate::alert::Pairs;

/// A time on the test's clock, in seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn content(severity: &str, output: &str) -> Content {
    Content {
        labels: Pairs::from([
            ("host".into(), "web-1".into()),
            ("severity".into(), severity.into()),
        ]),
        annotations: Pairs::from([("output".into(), output.into())]),
        link: String::new(),
    }
}

fn firing(severity: Severity, starts: i64) -> Alert {
    Alert { content: content(severity.name(), ""), severity, starts_at: at(starts), ends_at: None }
}

fn resolved(severity: Severity, starts: i64, ends: i64) -> Alert {
    Alert { ends_at: Some(at(ends)), ..firing(severity, starts) }
}

/// Takes a notification in as the program does: all its alerts, then the conclusion.
fn notify(problem: &mut Problem, now: i64, hold: u64, alerts: Vec<Alert>) -> Option<Transition> {
    for alert in alerts {
        problem.take(alert, at(now));
    }
    conclude(problem, now, hold)
}

fn conclude(problem: &mut Problem, now: i64, hold: u64) -> Option<Transition> {
    let transition = problem.settle(at(now), Duration::from_secs(hold));
    if transition.is_some_and(|transition| transition.reason().is_some()) {
        problem.episode = None; // the store keeps it as resolved
    }
    transition
}

use Severity::{Critical, Warning};

const RESOLVED: Option<Transition> = Some(Transition::Resolved(Reason::Told));

fn change(nth: u32, previous: Severity) -> Option<Transition> {
    Some(Transition::Severity { nth, previous })
}

#[test]
fn a_problem_begins_and_ends_once() {
    let mut problem = Problem::default();
    assert_eq!(notify(&mut problem, 1, 0, vec![firing(Critical, 0)]), Some(Transition::Firing));
    assert_eq!(notify(&mut problem, 2, 0, vec![firing(Critical, 0)]), None);
    assert_eq!(problem.episode.as_ref().unwrap().started_at, at(0));
    assert_eq!(notify(&mut problem, 9, 0, vec![resolved(Critical, 0, 8)]), RESOLVED);
    assert_eq!(notify(&mut problem, 10, 0, vec![resolved(Critical, 0, 8)]), None);
}

#[test]
fn a_change_of_severity_in_one_notification_is_one_transition() {
    for flipped in [false, true] {
        let mut problem = Problem::default();
        notify(&mut problem, 1, 1, vec![firing(Warning, 0)]);
        let mut alerts = vec![resolved(Warning, 0, 5), firing(Critical, 5)];
        if flipped {
            alerts.reverse();
        }
        assert_eq!(notify(&mut problem, 6, 1, alerts), change(1, Warning));
        assert_eq!(problem.episode.as_ref().unwrap().started_at, at(0));
    }
}

#[test]
fn a_change_of_severity_whose_start_comes_first_is_one_transition() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 1, vec![firing(Warning, 0)]);
    assert_eq!(notify(&mut problem, 5, 1, vec![firing(Critical, 5)]), change(1, Warning));
    assert_eq!(notify(&mut problem, 9, 1, vec![resolved(Warning, 0, 5)]), None);
    assert_eq!(conclude(&mut problem, 60, 1), None);
    assert_eq!(notify(&mut problem, 70, 0, vec![resolved(Critical, 5, 69)]), RESOLVED);
}

#[test]
fn a_change_of_severity_whose_end_comes_first_is_one_transition() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 2, vec![firing(Warning, 0)]);
    assert_eq!(notify(&mut problem, 5, 2, vec![resolved(Warning, 0, 5)]), None);
    assert_eq!(problem.episode.as_ref().unwrap().resolve_at, Some(at(7)));
    assert_eq!(notify(&mut problem, 6, 2, vec![firing(Critical, 5)]), change(1, Warning));
    assert_eq!(problem.episode.as_ref().unwrap().resolve_at, None);
    assert_eq!(conclude(&mut problem, 60, 2), None);
}

#[test]
fn an_improvement_is_told_when_the_worse_alert_is_over() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 1, vec![firing(Critical, 0)]);
    assert_eq!(notify(&mut problem, 5, 1, vec![firing(Warning, 5)]), None);
    assert_eq!(notify(&mut problem, 9, 1, vec![resolved(Critical, 0, 5)]), change(1, Critical));
    assert_eq!(problem.episode.as_ref().unwrap().content, content("warning", ""));
}

#[test]
fn each_change_is_counted() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 1, vec![firing(Warning, 0)]);
    assert_eq!(
        notify(&mut problem, 2, 1, vec![resolved(Warning, 0, 2), firing(Critical, 2)]),
        change(1, Warning)
    );
    assert_eq!(
        notify(&mut problem, 4, 1, vec![resolved(Critical, 2, 3), firing(Warning, 3)]),
        change(2, Critical)
    );
    assert_eq!(
        notify(&mut problem, 6, 1, vec![resolved(Warning, 3, 5), firing(Critical, 5)]),
        change(3, Warning)
    );
}

#[test]
fn an_end_is_held_back_and_comes_when_it_is_due() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 2, vec![firing(Critical, 0)]);
    assert_eq!(notify(&mut problem, 5, 2, vec![resolved(Critical, 0, 4)]), None);
    // The other Alertmanager's word on it does not hold it back any longer.
    assert_eq!(notify(&mut problem, 6, 2, vec![resolved(Critical, 0, 4)]), None);
    assert_eq!(conclude(&mut problem, 6, 2), None);
    assert_eq!(conclude(&mut problem, 7, 2), RESOLVED);
}

#[test]
fn two_alertmanagers_with_other_start_times_tell_one_story() {
    let mut problem = Problem::default();
    assert_eq!(notify(&mut problem, 1, 0, vec![firing(Critical, 1)]), Some(Transition::Firing));
    assert_eq!(notify(&mut problem, 2, 0, vec![firing(Critical, 0)]), None);
    assert_eq!(problem.episode.as_ref().unwrap().started_at, at(0));
    assert_eq!(notify(&mut problem, 9, 0, vec![resolved(Critical, 1, 8)]), RESOLVED);
    assert_eq!(notify(&mut problem, 10, 0, vec![resolved(Critical, 0, 9)]), None);
    assert!(!problem.take(firing(Critical, 1), at(30)), "a late duplicate");
    assert_eq!(conclude(&mut problem, 11, 0), None);
}

#[test]
fn a_late_duplicate_of_the_old_severity_changes_nothing() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 1, vec![firing(Critical, 0)]);
    notify(&mut problem, 5, 1, vec![resolved(Critical, 0, 4), firing(Warning, 4)]);
    assert!(!problem.take(firing(Critical, 0), at(30)));
    assert_eq!(conclude(&mut problem, 6, 1), None);
    assert_eq!(problem.episode.as_ref().unwrap().severity, Warning);
}

#[test]
fn a_problem_that_comes_back_is_a_new_episode() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 0, vec![firing(Critical, 0)]);
    notify(&mut problem, 9, 0, vec![resolved(Critical, 0, 8)]);
    assert_eq!(notify(&mut problem, 20, 0, vec![firing(Critical, 19)]), Some(Transition::Firing));
    assert_eq!(problem.episode.as_ref().unwrap().started_at, at(19));
    assert!(
        !problem.take(resolved(Critical, 0, 8), at(30)),
        "the end of the first episode, told late"
    );
    assert_eq!(conclude(&mut problem, 21, 0), None);
}

#[test]
fn an_end_without_a_beginning_is_remembered_but_not_told() {
    let mut problem = Problem::default();
    assert_eq!(notify(&mut problem, 9, 0, vec![resolved(Critical, 0, 8)]), None);
    assert!(!problem.take(firing(Critical, 0), at(30)));
}

#[test]
fn what_vanished_is_told_and_may_come_back_with_its_old_start() {
    let mut problem = Problem::default();
    notify(&mut problem, 1, 1, vec![firing(Critical, 0)]);
    assert_eq!(problem.vanish(at(400)), Some(Transition::Resolved(Reason::Vanished)));
    assert_eq!(problem.episode.take().unwrap().ended_at, Some(at(400)));
    assert_eq!(problem.vanish(at(401)), None);
    assert_eq!(notify(&mut problem, 500, 1, vec![firing(Critical, 0)]), Some(Transition::Firing));
}

#[test]
fn an_alert_that_expired_while_its_source_was_away_fires_again_once_alertmanager_confirms_it() {
    let name = content("critical", "").label_set();
    let mut problem = Problem::default();
    notify(&mut problem, 1, 0, vec![firing(Critical, 0)]);
    assert_eq!(notify(&mut problem, 900, 0, vec![resolved(Critical, 0, 900)]), RESOLVED);
    assert_eq!(notify(&mut problem, 1000, 0, vec![firing(Critical, 0)]), None);
    assert_eq!(problem.label_sets[&name].doubted_at, Some(at(1000)));
    let mut duplicate = problem.clone();

    problem.settle_doubt(&name, true);
    assert_eq!(conclude(&mut problem, 1030, 0), Some(Transition::Firing));
    assert_eq!(problem.episode.as_ref().unwrap().started_at, at(900) + Duration::from_millis(1));
    assert!(!problem.take(resolved(Critical, 0, 900), at(1040)), "the old end, told late");
    assert_eq!(notify(&mut problem, 1100, 0, vec![resolved(Critical, 0, 1099)]), RESOLVED);

    duplicate.settle_doubt(&name, false);
    assert_eq!(conclude(&mut duplicate, 1030, 0), None);
    assert_eq!(duplicate.label_sets[&name].doubted_at, None);
}

#[test]
fn a_doubt_is_over_when_the_end_is_told_again() {
    let name = content("critical", "").label_set();
    let mut problem = Problem::default();
    notify(&mut problem, 1, 0, vec![firing(Critical, 0)]);
    notify(&mut problem, 9, 0, vec![resolved(Critical, 0, 8)]);
    notify(&mut problem, 10, 0, vec![firing(Critical, 0)]);
    notify(&mut problem, 11, 0, vec![resolved(Critical, 0, 9)]);
    assert_eq!(problem.label_sets[&name].doubted_at, None);
    problem.settle_doubt(&name, true);
    assert_eq!(conclude(&mut problem, 12, 0), None);
}

#[test]
fn transitions_of_an_episode_have_keys_of_their_own() {
    let keys = [
        Transition::Firing,
        Transition::Severity { nth: 1, previous: Warning },
        Transition::Severity { nth: 2, previous: Warning },
        Transition::Resolved(Reason::Told),
    ]
    .map(Transition::key);
    assert_eq!(keys, ["firing", "severity 1", "severity 2", "resolved"]);
}
