use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Timestamp {
    "2026-01-02T12:00:00Z".parse().unwrap()
}

fn alert(id: &str, age: Duration) -> Alert {
    let sent = (now() - age).strftime("%Y-%m-%dT%H:%M:%S+0000").to_string();
    Alert { id: id.into(), sent: sent.as_str().into(), ..Alert::default() }
}

/// What happens, as `+id`, `-id` for archived and `~id` for expired.
fn follow(book: &mut Book, page: &[Alert], whole: bool, later: Duration) -> (String, bool) {
    let mut steps = Vec::new();
    let missed = book.follow(page, whole, now() + later, DAY, |id, _, step| {
        let sign = match step {
            Step::Raised => '+',
            Step::Archived => '-',
            Step::Expired => '~',
        };
        steps.push(format!("{sign}{id}"));
    });
    (steps.join(" "), missed)
}

#[test]
fn each_alert_is_told_once_and_ends_once() {
    let mut book = Book::default();
    let page = [alert("b", HOUR), alert("a", 2 * HOUR)];
    assert_eq!(follow(&mut book, &page, true, Duration::ZERO).0, "+a +b");
    assert_eq!(follow(&mut book, &page, true, HOUR).0, "");
    assert_eq!(follow(&mut book, &page[..1], true, HOUR).0, "-a");
    assert_eq!(follow(&mut book, &page, true, HOUR).0, "", "what was archived does not come back");
    assert_eq!(follow(&mut book, &page, true, DAY).0, "~b");
    assert_eq!(follow(&mut book, &page, true, 2 * DAY).0, "");
    assert_eq!(book.active().count(), 0);
}

#[test]
fn the_first_page_tells_of_young_alerts_only_and_an_outage_loses_none() {
    let mut book = Book::default();
    let old = alert("old", 30 * DAY);
    assert_eq!(follow(&mut book, &[alert("a", HOUR), old.clone()], true, Duration::ZERO).0, "+a");
    // Three days without us: what came meanwhile is told and ends at once.
    let page = [alert("b", Duration::ZERO), alert("a", HOUR), old];
    assert_eq!(follow(&mut book, &page, true, 3 * DAY).0, "+b ~a ~b");
    assert_eq!(follow(&mut book, &page, true, 3 * DAY).0, "");
}

#[test]
fn what_newer_alerts_have_pushed_off_the_page_goes_on() {
    let mut book = Book::default();
    follow(&mut book, &[alert("a", 2 * HOUR)], true, Duration::ZERO);
    let (steps, missed) =
        follow(&mut book, &[alert("c", Duration::ZERO), alert("b", HOUR)], false, HOUR);
    assert_eq!((steps.as_str(), missed), ("+b +c", true));
    assert_eq!(book.active().count(), 3);
    assert_eq!(follow(&mut book, &[alert("c", Duration::ZERO)], false, HOUR).0, "");
}

#[test]
fn a_late_alert_of_a_slow_clock_is_told() {
    let mut book = Book::default();
    follow(&mut book, &[alert("a", HOUR)], true, Duration::ZERO);
    let page = [alert("a", HOUR), alert("late", 2 * HOUR)];
    assert_eq!(follow(&mut book, &page, true, Duration::ZERO).0, "+late");
}

#[test]
fn the_book_is_read_as_it_was_written() {
    let mut book = Book::default();
    follow(&mut book, &[alert("a", HOUR)], true, Duration::ZERO);
    let written = serde_json::to_string(&book).unwrap();
    let mut read: Book = serde_json::from_str(&written).unwrap();
    assert_eq!(read, book);
    assert_eq!(follow(&mut read, &[alert("a", HOUR)], true, Duration::ZERO).0, "");
}
