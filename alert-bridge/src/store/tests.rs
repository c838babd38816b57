//! Group commit, undoing, failures, and what a second start finds.

use super::*;

fn count(store: &Connection) -> Result<i64, StoreError> {
    Ok(store.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?)
}

fn publish(writing: &mut Writing<'_>) -> Result<u64, StoreError> {
    writing.publish(|seq| Ok(Event::new(seq, Timestamp::UNIX_EPOCH, &format!("{{\"seq\":{seq}}}"))))
}

#[tokio::test]
async fn what_fails_leaves_no_trace_and_spoils_no_other_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut live = store.signals().events.subscribe();
    let writes = (0..100).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .write(move |writing| {
                    let seq = publish(writing)?;
                    if number % 3 == 0 { Err(StoreError::Closed) } else { Ok(seq) }
                })
                .await
        })
    });
    let mut seqs = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        seqs.extend(write.await.unwrap());
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=66).collect::<Vec<_>>());
    assert_eq!(store.read(count).await.unwrap(), 66);
    for seq in 1..=66 {
        assert_eq!(live.try_recv().unwrap().seq, seq);
    }
    assert_eq!(*store.signals().last_seq.borrow(), 66);
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_even_when_the_events_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let id = store.id().to_owned();
    assert_eq!(store.write(publish).await.unwrap(), 1);
    let deleted = store
        .write(|writing| retention::delete(writing.connection(), Timestamp::now()))
        .await
        .unwrap();
    assert_eq!(deleted, 1);
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.id(), id);
    assert_eq!(store.write(publish).await.unwrap(), 2);
}

#[tokio::test]
async fn a_folder_has_one_user() {
    let folder = tempfile::tempdir().unwrap();
    let _store = Store::open(folder.path()).unwrap();
    let error = Store::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("in use by another alert-bridge"), "{error}");
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let connection = Connection::open(folder.path().join("alert-bridge.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let error = format!("{:#}", Store::open(folder.path()).unwrap_err());
    assert!(error.contains(&format!("version 99, expected {VERSION}")), "{error}");
}

#[tokio::test]
async fn a_store_of_version_1_is_brought_up_to_date_and_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("alert-bridge.db")).unwrap();
    connection.execute_batch(include_str!("schema.sql")).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    let id: String = connection.query_row("SELECT id FROM store", [], |row| row.get(0)).unwrap();
    drop(connection);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.id(), id);
    let filter = source_events::Filter { limit: 1, ..source_events::Filter::default() };
    let found = store.read(move |connection| source_events::find(connection, &filter)).await;
    assert_eq!(found.unwrap().len(), 0);
}

#[test]
fn an_events_frame_holds_its_json() {
    let event = Event::new(7, Timestamp::UNIX_EPOCH, r#"{"a":"磁盘"}"#);
    assert_eq!(event.frame, "id: 7\ndata: {\"a\":\"磁盘\"}\n\n".as_bytes());
    assert_eq!(event.json, r#"{"a":"磁盘"}"#.as_bytes());
}
