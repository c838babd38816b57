//! Pages of a long history: a year of events, of which the page shows the last thirty days.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::bridge::Bridge;
use crate::p99;

/// Requests of each kind.
const TIMES: usize = 25;

const DEADLINE: Duration = Duration::from_secs(1200);

pub(crate) async fn measure(rows: usize) {
    let folder = tempfile::tempdir().unwrap();
    drop(Bridge::start(folder.path())); // makes the tables
    fill(folder.path(), rows);
    let bridge = Bridge::start(folder.path());
    wait_for_blocks(folder.path(), rows).await;

    let from = Timestamp::now() - Duration::from_secs(30 * 24 * 60 * 60);
    let mut times = Vec::new();
    // Everything, a common word, two Chinese characters of one row in 100,000, one host, what is nowhere, a severity.
    for query in
        ["", "q=disk", "q=磁盘", "q=web-77+@critical", "q=交换机", "q=zebra", "severity=unknown"]
    {
        let mut slowest = 0.0_f64;
        for _ in 0..TIMES {
            let (answer, taken) =
                bridge.get(&format!("/api/v1/events?limit=50&from={from}&{query}")).await;
            let found = answer["events"].as_array().unwrap().len();
            assert_eq!(found == 0, ["q=交换机", "q=zebra"].contains(&query), "{query}: {found}");
            times.push(taken);
            slowest = slowest.max(taken);
        }
        eprintln!("{query}: slowest of {TIMES} {slowest:.1} ms");
    }
    println!("history_page_10m_ms {:.1}", p99(times));
}

/// Events of five thousand hosts, one after the other, over a year.
fn fill(folder: &Path, rows: usize) {
    let connection = open(folder);
    connection.pragma_update(None, "synchronous", "off").unwrap();
    let begun = Instant::now();
    let step = 365 * 24 * 60 * 60 * 1000 / rows;
    let first = Timestamp::now().as_millisecond() - (step * rows) as i64;
    connection
        .execute(
            "WITH RECURSIVE
               number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1),
               row AS (SELECT n, 'web-' || (n % 5000) AS host, 'disk ' || (n % 20) AS service,
                   CASE WHEN n % 100000 = 7 OR n = ?1 THEN '磁盘阵列降级'
                        ELSE 'DISK WARNING - free space: /var ' || (n % 9973) || ' MB (' || (n % 97) || '%)' END AS text
                   FROM number)
             INSERT INTO source_event (source, instance, epoch, sequence, at, kind, host, service, name, severity, text,
                                       details, search)
             SELECT 'nagios', 'n1', '1', n, ?2 + n * ?3, 'state_change', host, service, '',
                 CASE n % 1000 WHEN 0 THEN 'unknown' WHEN 77 THEN 'critical' ELSE 'warning' END, text,
                 '{\"attempt\":3,\"max_attempts\":3,\"state_type\":\"hard\"}',
                 lower('nagios' || char(10) || 'n1' || char(10) || host || char(10) || service || char(10) || text)
             FROM row",
            (rows, first, step),
        )
        .unwrap();
    eprintln!("{rows} rows in {:.0} s", begun.elapsed().as_secs_f64());
}

/// Waits until all rows can be searched by blocks, but for what fills none.
async fn wait_for_blocks(folder: &Path, rows: usize) {
    let connection = open(folder);
    let begun = Instant::now();
    loop {
        let last: Option<usize> = connection
            .query_row("SELECT max(last) FROM search_block", [], |row| row.get(0))
            .unwrap();
        if last.unwrap_or(0) + 256 > rows {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "{last:?} of {rows} rows are in blocks");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eprintln!("blocks in {:.0} s", begun.elapsed().as_secs_f64());
}

fn open(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("alert-bridge.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection
}
