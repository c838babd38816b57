//! What is found by blocks is what a look at every row finds.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::source_events::event::Severity;
use crate::store::source_events::{self, Cursor, Filter};
use crate::store::{Store, Writing, history, retention};

const EVENTS: usize = ROWS * 4 + 100;

/// Some words are everywhere, some in few rows; some events come late.
fn event(number: usize) -> Value {
    let late = if number.is_multiple_of(97) { 50_000 } else { 0 };
    let severity = ["ok", "warning", "critical"][number % 3];
    let text = match number {
        300 => "磁盘已满",
        number if number % 500 == 7 => "主机恢复 fan-7",
        number if number % 2 == 0 => "Disk / 盘磁",
        _ => "load average",
    };
    json!({
        "source": if number % 250 == 3 { "xenserver" } else { "nagios" }, "instance": "n1", "epoch": "1",
        "sequence": number, "at": (start() + SignedDuration::from_secs(number as i64 - late)).to_string(),
        "kind": "state_change", "host": format!("web-{number}"), "severity": severity, "text": text,
    })
}

fn start() -> Timestamp {
    "2026-01-02T00:00:00Z".parse().unwrap()
}

/// A store that holds the events, and its folder.
async fn filled() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let insert = |writing: &mut Writing<'_>| {
        for number in 0..EVENTS {
            let event = serde_json::from_value(event(number)).unwrap();
            assert!(source_events::insert(writing.connection(), &event)?);
        }
        Ok(())
    };
    store.write(insert).await.unwrap();
    (store, folder)
}

async fn index(store: &Store) {
    for kind in Kind::ALL {
        let index = move |writing: &mut Writing<'_>| {
            let mut mark = mark(writing.connection(), kind)?;
            loop {
                let blocks = gather(writing.connection(), kind, mark)?;
                let Some(last) = blocks.last() else { return Ok(()) };
                mark = last.last_key();
                save(writing.connection(), &blocks)?;
            }
        };
        store.write(index).await.unwrap();
    }
}

/// Every event that the filter lets through, page by page, as the sequences of the events.
async fn find(store: &Store, filter: &Filter) -> Vec<u64> {
    let mut filter = filter.clone();
    let mut found = Vec::new();
    loop {
        let asked = filter.clone();
        let page = store.read(move |connection| source_events::find(connection, &asked));
        let page = page.await.unwrap();
        let event = |event| serde_json::to_value(event).unwrap()["sequence"].as_u64().unwrap();
        found.extend(page.iter().map(event));
        filter.before = page.last().map(|last| last.cursor);
        if page.len() < filter.limit {
            return found;
        }
    }
}

#[tokio::test]
async fn blocks_change_what_is_read_and_not_what_is_found() {
    let (store, _folder) = filled().await;
    let word = |word: &str| Filter { words: vec![word.into()], limit: 40, ..Filter::default() };
    let from = start() + SignedDuration::from_secs(200);
    let filters = [
        word("磁盘"),
        word("主机"),
        word("盘磁"),
        word("web-77"),
        word("web-300"),
        word("x"),
        word("nothing"),
        Filter { words: vec!["disk".into(), "web-1".into()], ..word("") },
        Filter { from: Some(from), ..word("fan-7") },
        Filter { to: Some(from), severities: vec![Severity::Critical], ..word("web") },
        Filter { source: Some("xenserver".into()), limit: 2, ..Filter::default() },
        Filter { source: Some("moon".into()), limit: 2, ..Filter::default() },
    ];
    let mut before = Vec::new();
    for filter in &filters {
        before.push(find(&store, filter).await);
    }
    assert_eq!(before[0], [300]);
    assert_eq!(before[1].len(), 3);
    index(&store).await;
    let mark = store.read(|connection| mark(connection, Kind::Event)).await.unwrap();
    assert_eq!(mark, (ROWS * 4) as i64, "what fills no block is in none");
    for (filter, before) in filters.iter().zip(before) {
        assert_eq!(find(&store, filter).await, before, "{filter:?}");
    }
}

#[tokio::test]
async fn few_blocks_are_looked_into() {
    let (store, _folder) = filled().await;
    index(&store).await;
    let visited = store.read(|connection| {
        let mut needs = Needs::default();
        needs.word("磁盘");
        let mut spans = Vec::new();
        visit(connection, Kind::Event, &needs, Times::new(None, None), |span| {
            spans.push(span.first);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(spans)
    });
    let visited = visited.await.unwrap();
    assert!(visited.contains(&(ROWS as i64 + 1)) && visited.len() <= 2, "{visited:?}");
}

#[tokio::test]
async fn ended_episodes_are_found_by_blocks_and_open_ones_without() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let insert = |writing: &mut Writing<'_>| {
        let content = r#"{"labels": {}, "annotations": {}, "link": ""}"#;
        let mut statement = writing.connection().prepare(
            "INSERT INTO episode (cluster, receiver, identity, state, severity, changes, started_at, ended_at, content,
                                  search, last_seq, area)
             VALUES ('', '', ?1, ?2, 'warning', 0, ?1, ?1, ?3, ?4, ?1, 'network')",
        )?;
        for number in 1..=(ROWS as i64 * 3) {
            let state = if number == 5 { "firing" } else { "resolved" };
            let search = if number < 10 { "交换机 端口" } else { "端口" };
            statement.execute(params![number, state, content, search])?;
        }
        Ok(())
    };
    store.write(insert).await.unwrap();
    index(&store).await;
    let find = async |words: &[&str], firing| {
        let words = words.iter().map(|word| (*word).into()).collect();
        let filter = history::Filter { words, firing, limit: 4, ..history::Filter::default() };
        let found = store.read(move |connection| history::episodes(connection, &filter)).await;
        found.unwrap().iter().map(|found| found.last_seq).collect::<Vec<_>>()
    };
    assert_eq!(find(&["交换"], None).await, [9, 8, 7, 6]);
    assert_eq!(find(&["交换"], Some(true)).await, [5]);
    assert_eq!(find(&["端口"], Some(false)).await, [768, 767, 766, 765]);
    let mut all: Vec<u64> = Vec::new();
    let mut before = None;
    while let Some(last) = {
        let filter = history::Filter { before, limit: 100, ..history::Filter::default() };
        let found = store.read(move |connection| history::episodes(connection, &filter)).await;
        let page: Vec<u64> = found.unwrap().iter().map(|found| found.last_seq).collect();
        all.extend(&page);
        page.last().copied()
    } {
        before = Some(last);
    }
    assert_eq!(all, (1..=768).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_block_goes_with_its_last_row_and_no_sooner() {
    let (store, _folder) = filled().await;
    index(&store).await;
    let blocks = |connection: &Connection| {
        Ok(connection
            .query_row("SELECT count(*) FROM search_block", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(store.read(blocks).await.unwrap(), 4);
    // Ends in the middle of the second block.
    let oldest = start() + SignedDuration::from_secs(300);
    while store.write(move |writing| retention::delete(writing.connection(), oldest)).await.unwrap()
        > 0
    {}
    assert_eq!(store.read(blocks).await.unwrap(), 3);
    let filter = Filter { words: vec!["磁盘".into()], limit: 1, ..Filter::default() };
    assert_eq!(find(&store, &filter).await, [300]);
    let after = Filter { before: Cursor::from_text("0-0"), ..filter };
    assert!(find(&store, &after).await.is_empty());
}
