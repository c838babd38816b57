//! The rules, each as a conversation with one address: what it is told, and when.

use std::collections::BTreeMap;

use super::*;
use crate::{Matcher, Wanted};

const T: i64 = 1_700_000_000;

/// The book, the wish, and a clock that the test moves.
struct Desk {
    book: Book,
    wish: Wish,
    zero: Instant,
    seconds: u64,
    settings: Arc<Settings>,
}

impl Desk {
    /// An address that was read at second 0 and held nothing.
    fn new() -> Self {
        let mut desk = Self::unread();
        desk.read("first", &[], &[]);
        desk
    }

    fn unread() -> Self {
        let ours = LabelSet::new([("source", "test")]).unwrap();
        let settings = Arc::new(Settings::new("test-exporter", &["host", "source"], ours));
        let (book, wish) = (Book::new(Arc::clone(&settings)), Wish::default());
        Self { book, wish, zero: Instant::now(), seconds: 0, settings }
    }

    fn read(&mut self, instance: &str, alerts: &[Alert], silences: &[Silence]) {
        let comments: BTreeMap<_, _> = silences
            .iter()
            .filter_map(|silence| {
                Some((own_silence(silence, &self.settings)?, silence.comment.clone()))
            })
            .collect();
        self.wish.adopt(alerts, &comments, &self.settings);
        let reading = Reading {
            instance: instance.to_owned(),
            alerts: alerts.to_vec(),
            silences: silences.to_vec(),
        };
        let tick = self.moment().tick;
        self.book.arrive(reading, &self.wish, tick);
    }

    fn set<const N: usize>(&mut self, wanted: [Wanted; N]) {
        let now = self.moment().wall;
        self.wish.set(wanted, now, &self.settings);
    }

    fn wait(&mut self, seconds: u64) {
        self.seconds += seconds;
    }

    fn moment(&self) -> Moment {
        let tick = self.zero + Duration::from_secs(self.seconds);
        Moment { tick, wall: second(self.seconds) }
    }

    fn owed(&mut self) -> usize {
        let Moment { tick, .. } = self.moment();
        self.book.owed(&self.wish, tick)
    }

    fn next(&mut self) -> Step {
        let now = self.moment();
        self.book.next(&self.wish, now)
    }

    /// Takes the next step, lets it succeed, and tells it in a line.
    fn step(&mut self) -> String {
        let step = self.next();
        let tick = self.moment().tick;
        let line = tell(&step, self.zero);
        match step {
            Step::Post(batch) => self.book.posted(&batch, tick),
            Step::Lift(silences) => silences.iter().for_each(|labels| self.book.lifted(labels)),
            Step::Cover(covers) => {
                for cover in covers {
                    let id = cover.request.id.clone().unwrap_or_else(|| "id".to_owned());
                    self.book.covered(cover, Some((id, second(self.seconds))), tick);
                }
            }
            Step::Rest(_) => {}
        }
        line
    }

    /// Takes steps until there is nothing left to do now, and tells them all.
    fn steps(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.step();
            if line.starts_with("rest") {
                return lines;
            }
            lines.push(line);
        }
    }
}

fn second(seconds: u64) -> Timestamp {
    Timestamp::from_second(T + i64::try_from(seconds).unwrap()).unwrap()
}

fn alert(host: &str, severity: &str, since: u64) -> Alert {
    let labels =
        LabelSet::new([("host", host), ("severity", severity), ("source", "test")]).unwrap();
    let starts_at = second(since);
    Alert { labels, annotations: LabelSet::default(), starts_at, generator_url: None }
}

fn wanted(host: &str, severity: &str) -> Wanted {
    Wanted { alert: alert(host, severity, 0), silenced: None }
}

fn silenced(host: &str, severity: &str, why: &str) -> Wanted {
    Wanted { silenced: Some(why.to_owned()), ..wanted(host, severity) }
}

fn silence(id: &str, host: &str, created_by: &str) -> Silence {
    let equal = |name: &str, value: &str| Matcher {
        name: name.to_owned(),
        value: value.to_owned(),
        is_regex: false,
        is_equal: true,
    };
    Silence {
        id: id.to_owned(),
        matchers: vec![equal("host", host), equal("source", "test")],
        starts_at: second(0),
        ends_at: second(900),
        created_by: created_by.to_owned(),
        comment: "night".to_owned(),
        state: SilenceState::Active,
    }
}

/// `post web/critical 0..900` for a posting that lasts from second 0 to 900, and so on.
fn tell(step: &Step, zero: Instant) -> String {
    let seconds = |time: Timestamp| time.as_second() - T;
    match step {
        Step::Post(batch) => {
            let one = |posting: &crate::Posting| {
                let labels = &posting.alert.labels;
                let (start, end) = (seconds(posting.alert.starts_at), seconds(posting.ends_at));
                let (host, severity) = (labels.get("host"), labels.get("severity"));
                format!("{}/{} {start}..{end}", host.unwrap(), severity.unwrap())
            };
            let all: Vec<_> = batch.postings.iter().map(one).collect();
            format!("post {}", all.join(", "))
        }
        Step::Lift(silences) => {
            let all: Vec<_> = silences.iter().map(|labels| labels.get("host").unwrap()).collect();
            format!("lift {}", all.join(", "))
        }
        Step::Cover(covers) => {
            let one = |cover: &Cover| {
                let request = &cover.request;
                let host = request.labels.get("host").unwrap();
                let id = request.id.as_deref().unwrap_or("new");
                format!("{host} {id} {:?} until {}", request.comment, seconds(request.ends_at))
            };
            format!("cover {}", covers.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Step::Rest(until) => format!("rest until {}", until.duration_since(zero).as_secs()),
    }
}

#[test]
fn raised_at_once_and_again_each_minute() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    assert_eq!(desk.owed(), 1);
    assert_eq!(desk.step(), "post web/critical 0..900");
    assert_eq!(desk.owed(), 0);
    assert_eq!(desk.step(), "rest until 60");
    desk.wait(59);
    assert_eq!(desk.step(), "rest until 60");
    desk.wait(1);
    assert_eq!(desk.step(), "post web/critical 0..960");
    assert_eq!(desk.step(), "rest until 120");
}

#[test]
fn nothing_is_posted_for_an_equal_set() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.wait(5);
    desk.set([wanted("web", "critical")]);
    assert_eq!(desk.owed(), 0);
    assert_eq!(desk.step(), "rest until 60");
}

#[test]
fn changed_annotations_are_posted_at_once() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    let annotations = LabelSet::new([("output", "worse")]).unwrap();
    let changed = Alert { annotations, ..alert("web", "critical", 0) };
    desk.set([Wanted { alert: changed, silenced: None }]);
    assert_eq!(desk.steps(), ["post web/critical 0..900"]);
}

#[test]
fn a_change_of_severity_is_one_post() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "warning")]);
    desk.steps();
    desk.wait(10);
    let critical = Wanted { alert: alert("web", "critical", 10), silenced: None };
    desk.set([critical]);
    assert_eq!(desk.steps(), ["post web/warning 0..10, web/critical 10..910"]);
}

#[test]
fn an_end_is_told_once_and_keeps_its_time() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.wait(10);
    desk.set([]);
    desk.wait(20);
    assert_eq!(desk.owed(), 1);
    assert_eq!(desk.steps(), ["post web/critical 0..10"]);
    desk.wait(100);
    assert!(desk.steps().is_empty());
    assert!(desk.book.ending.is_empty());
}

#[test]
fn an_end_is_never_in_the_future_of_the_address() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.wait(10);
    desk.set([]);
    // The address' clock is 15 seconds behind ours.
    let Moment { tick, .. } = desk.moment();
    let wall = second(10).checked_sub(jiff::SignedDuration::from_secs(15)).unwrap();
    let step = desk.book.next(&desk.wish, Moment { tick, wall });
    assert_eq!(tell(&step, desk.zero), "post web/critical -5..-5");
}

#[test]
fn an_end_that_cannot_be_told_is_dropped_after_fifteen_minutes() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.set([]);
    assert_eq!(tell(&desk.next(), desk.zero), "post web/critical 0..0");
    desk.wait(899);
    assert_eq!(tell(&desk.next(), desk.zero), "post web/critical 0..0");
    desk.wait(1);
    assert!(desk.steps().is_empty());
}

#[test]
fn raised_again_before_its_end_was_told_it_just_goes_on() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.set([]);
    desk.next();
    desk.wait(5);
    desk.set([wanted("web", "critical")]);
    assert_eq!(desk.steps(), ["post web/critical 0..905"]);
}

#[test]
fn many_alerts_go_in_several_posts_that_keep_things_together() {
    let mut desk = Desk::new();
    let hosts: Vec<String> = (0..400).map(|number| format!("h{number:03}")).collect();
    let all = |severity: &'static str| hosts.iter().map(move |host| wanted(host, severity));
    let now = desk.moment().wall;
    desk.wish.set(all("warning"), now, &desk.settings);
    desk.steps();
    desk.wish.set(all("critical"), now, &desk.settings);
    let sizes: Vec<usize> = desk.steps().iter().map(|line| line.matches("..").count()).collect();
    assert_eq!(sizes, [500, 300]);
    let odd = Wanted { alert: alert("h", "critical", 0), silenced: None };
    desk.wish.set(all("warning").chain([odd]), now, &desk.settings);
    let sizes: Vec<usize> = desk.steps().iter().map(|line| line.matches("..").count()).collect();
    assert_eq!(sizes, [499, 302], "a thing is never split");
}

#[test]
fn a_silence_is_put_prolonged_and_lifted() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.set([silenced("web", "critical", "downtime")]);
    assert_eq!(desk.owed(), 1);
    assert_eq!(desk.steps(), [r#"cover web new "downtime" until 900"#]);
    desk.wait(60);
    assert_eq!(desk.steps(), ["post web/critical 0..960", r#"cover web id "downtime" until 960"#]);
    desk.set([silenced("web", "critical", "acknowledged")]);
    assert_eq!(desk.steps(), [r#"cover web id "acknowledged" until 960"#]);
    desk.set([wanted("web", "critical")]);
    assert_eq!(desk.steps(), ["lift web"]);
}

#[test]
fn a_silence_comes_before_the_alert_that_it_hides() {
    let mut desk = Desk::new();
    desk.set([silenced("web", "critical", "downtime"), wanted("db", "critical")]);
    assert_eq!(
        desk.steps(),
        [
            "post db/critical 0..900",
            r#"cover web new "downtime" until 900"#,
            "post web/critical 0..900"
        ]
    );
}

#[test]
fn an_end_waits_until_its_silence_is_gone() {
    let mut desk = Desk::new();
    desk.set([silenced("web", "critical", "downtime")]);
    desk.steps();
    desk.wait(10);
    desk.set([]);
    assert_eq!(tell(&desk.next(), desk.zero), "lift web", "and again when that failed");
    assert_eq!(desk.steps(), ["lift web", "post web/critical 0..10"]);
}

#[test]
fn a_severity_changed_in_downtime_ends_with_the_downtime() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "warning")]);
    desk.steps();
    desk.set([silenced("web", "critical", "downtime")]);
    assert_eq!(desk.steps(), [r#"cover web new "downtime" until 900"#, "post web/critical 0..900"]);
    assert_eq!(desk.owed(), 0);
    for _ in 0..20 {
        desk.wait(60);
        desk.steps();
    }
    desk.set([wanted("web", "critical")]);
    assert_eq!(desk.steps(), ["lift web", "post web/warning 0..0"]);
}

#[test]
fn a_silence_that_alertmanager_forgot_is_made_anew() {
    let mut desk = Desk::new();
    desk.set([silenced("web", "critical", "downtime")]);
    desk.steps();
    desk.wait(60);
    desk.step();
    let Step::Cover(covers) = desk.next() else { panic!("expected to prolong the silence") };
    let tick = desk.moment().tick;
    for cover in covers {
        desk.book.covered(cover, None, tick);
    }
    assert_eq!(desk.steps(), [r#"cover web new "downtime" until 960"#]);
}

#[test]
fn after_a_failure_everything_active_is_sent_again() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical"), wanted("db", "critical"), wanted("old", "critical")]);
    desk.steps();
    desk.wait(10);
    desk.set([wanted("web", "critical"), wanted("db", "critical"), wanted("new", "critical")]);
    desk.next();
    let held = [alert("web", "critical", 0), alert("old", "critical", 0)];
    desk.read("first", &held, &[]);
    assert_eq!(
        desk.steps(),
        ["post db/critical 0..910, new/critical 0..910, old/critical 0..10, web/critical 0..910"]
    );
}

#[test]
fn a_restarted_alertmanager_gets_everything_and_delivers_the_ends() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical"), wanted("db", "critical")]);
    desk.steps();
    desk.wait(10);
    desk.set([wanted("web", "critical")]);
    desk.next();
    desk.read("second", &[], &[]);
    assert_eq!(desk.owed(), 2);
    assert_eq!(desk.step(), "post db/critical 0..910, web/critical 0..910");
    assert_eq!(desk.step(), "rest until 11");
    assert_eq!(desk.owed(), 1, "the end of db");
    desk.wait(1);
    assert_eq!(desk.steps(), ["post db/critical 0..10"]);
    assert_eq!(desk.owed(), 0);
}

#[test]
fn an_end_told_just_before_a_restart_is_told_again() {
    let mut desk = Desk::new();
    desk.set([wanted("web", "critical"), wanted("db", "critical")]);
    desk.steps();
    desk.set([wanted("web", "critical")]);
    desk.steps();
    desk.wait(40);
    desk.set([]);
    desk.steps();
    desk.wait(5);
    desk.read("second", &[], &[]);
    assert_eq!(desk.step(), "post web/critical 0..945", "db was over long before");
    desk.wait(1);
    assert_eq!(desk.steps(), ["post web/critical 0..40"]);
}

#[test]
fn silenced_alerts_stay_quiet_over_a_restart() {
    let mut desk = Desk::new();
    desk.set([silenced("web", "critical", "downtime")]);
    desk.steps();
    desk.read("second", &[], &[]);
    assert_eq!(desk.steps(), [r#"cover web new "downtime" until 900"#, "post web/critical 0..900"]);
}

#[test]
fn what_was_found_is_kept_until_the_owner_speaks() {
    let mut desk = Desk::unread();
    desk.wait(100);
    let held = [alert("web", "critical", 20), alert("db", "warning", 30)];
    desk.read("first", &held, &[silence("mine", "db", "test-exporter")]);
    assert_eq!(
        desk.steps(),
        ["post db/warning 30..1000, web/critical 20..1000", r#"cover db mine "night" until 1000"#]
    );
    desk.wait(60);
    assert_eq!(
        desk.steps(),
        ["post db/warning 30..1060, web/critical 20..1060", r#"cover db mine "night" until 1060"#]
    );
    desk.wait(10);
    desk.set([wanted("web", "critical")]);
    assert_eq!(desk.steps(), ["lift db", "post db/warning 30..170"]);
}

#[test]
fn found_after_the_owner_spoke_it_is_continued_or_ended() {
    let mut desk = Desk::unread();
    desk.wait(100);
    let web = Wanted { alert: alert("web", "critical", 50), silenced: None };
    desk.set([web]);
    let held = [alert("web", "critical", 20), alert("db", "warning", 30)];
    desk.read("first", &held, &[]);
    assert_eq!(desk.steps(), ["post db/warning 30..100, web/critical 20..1000"]);
}

#[test]
fn silences_of_others_are_left_alone() {
    let mut desk = Desk::new();
    desk.set([]);
    let mut expired = silence("c", "db", "test-exporter");
    expired.state = SilenceState::Expired;
    let mut wider = silence("d", "db", "test-exporter");
    wider.matchers[0].is_regex = true;
    let silences = [silence("a", "web", "a person"), expired, wider];
    desk.read("first", &[], &silences);
    assert!(desk.steps().is_empty());
}

#[test]
fn the_one_invalid_alert_is_found_and_set_aside() {
    let mut desk = Desk::new();
    desk.set(["a", "b", "c", "d", "bad", "e"].map(|host| wanted(host, "critical")));
    let (mut accepted, mut refused) = (Vec::new(), 0);
    loop {
        let (step, tick) = (desk.next(), desk.moment().tick);
        let Step::Post(batch) = &step else { break };
        let line = tell(&step, desk.zero);
        if line.contains("bad/") {
            refused += 1;
            if desk.book.refused(batch, tick) {
                assert_eq!(line, "post bad/critical 0..900");
            }
        } else {
            desk.book.posted(batch, tick);
            accepted.push(line.matches("..").count());
        }
    }
    assert_eq!(accepted.iter().sum::<usize>(), 5);
    assert!(refused <= 5, "{refused}");
    assert_eq!(desk.owed(), 0);
    desk.wait(60);
    assert!(tell(&desk.next(), desk.zero).contains("bad/"), "tried again when due");
}
