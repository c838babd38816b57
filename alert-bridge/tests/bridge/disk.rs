//! A full disk, on a real one of 1 MiB.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;

use crate::bridge::{Bridge, ONE_PHONE, firing};

/// A small file system in memory; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None without the right to mount.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "small"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| SmallDisk(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_503_and_right_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("small");
    let Some(_disk) = SmallDisk::mount(&data) else {
        println!("skipped: no right to mount a small disk here");
        return;
    };
    let bridge = Bridge::start_in(folder.path(), &data, ONE_PHONE).await;
    assert_eq!(
        bridge.notify(&[firing("before", "critical", Timestamp::now())]).await.unwrap(),
        200
    );
    std::fs::write(data.join("ballast"), vec![0; 1 << 20]).unwrap_err();
    let mut refused = 0;
    let mut stored = vec!["before".to_owned()];
    // The log still has some room; soon it has none.
    for number in 0..200 {
        let mut alert = firing(&format!("web-{number}"), "critical", Timestamp::now());
        alert["annotations"]["output"] = "x".repeat(8000).into();
        let status = bridge.notify(&[alert]).await.unwrap();
        match status.as_u16() {
            200 => stored.push(format!("web-{number}")),
            503 => refused += 1,
            other => panic!("{other}"),
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3, "the disk was never full");
    std::fs::remove_file(data.join("ballast")).unwrap();
    assert_eq!(bridge.notify(&[firing("after", "critical", Timestamp::now())]).await.unwrap(), 200);
    stored.push("after".into());
    let polled = bridge.json("/api/v1/feed/poll?since=0").await;
    let hosts = polled["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["episode"]["host"].as_str().unwrap().to_owned());
    assert_eq!(
        hosts.collect::<Vec<_>>(),
        stored,
        "what was answered 200 is kept, and nothing else"
    );
}
