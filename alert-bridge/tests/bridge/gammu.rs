//! gammu-smsd with its dummy phone, and what stands in its folders.
//!
//! `commtimeout` is how long it waits before it looks into an outbox again that was empty; 30 s by default.

use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// Starts gammu-smsd on the spool in `folder`; killed when dropped.
pub(crate) fn start(folder: &Path) -> Child {
    for slot in 1..=5 {
        std::fs::create_dir_all(folder.join(format!("phone/sms/{slot}"))).unwrap();
    }
    let at = folder.display();
    let config = format!(
        "[gammu]\nmodel = dummy\nconnection = none\ndevice = {at}/phone/\n\
         [smsd]\nservice = files\nlogfile = {at}/gammu.log\nloopsleep = 1\ncommtimeout = 1\nchecksecurity = 0\n\
         inboxpath = {at}/spool/inbox/\noutboxpath = {at}/spool/outbox/\n\
         sentsmspath = {at}/spool/sent/\nerrorsmspath = {at}/spool/error/\n\
         outboxformat = detail\ntransmitformat = auto\n"
    );
    let path = folder.join("gammu.rc");
    std::fs::write(&path, config).unwrap();
    Command::new("gammu-smsd")
        .arg("-c")
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("gammu-smsd is needed: apt-get install gammu-smsd")
}

/// Lets the phone of a started gammu-smsd receive a message.
pub(crate) fn receive(folder: &Path, from: &str, text: &str) {
    let units: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    let length = text.encode_utf16().count();
    let backup = format!(
        "[Backup]\nFormat = 1.05\n\n[SMSBackup000]\nSMSC = \"+4540590000\"\nDateTime = 20260301T124510\n\
         Incoming = TRUE\nState = UnRead\nNumber = \"{from}\"\nCoding = Unicode_No_Compression\nFolder = 1\n\
         Length = {length}\nText00 = {units}\n"
    );
    // Whole at once: gammu may look at any time.
    let whole = folder.join("received");
    std::fs::write(&whole, backup).unwrap();
    std::fs::rename(whole, folder.join("phone/sms/1/1")).unwrap();
}

/// The texts in one of the spool's folders, in the order of the files' names.
pub(crate) fn texts(folder: &Path, name: &str) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("spool").join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("OUT"))
        .collect();
    files.sort();
    // gammu may move a file between the listing and the reading.
    files.iter().filter_map(|path| std::fs::read(path).ok()).map(|bytes| decode(&bytes)).collect()
}

fn decode(bytes: &[u8]) -> String {
    let (mark, text) = bytes.split_at(2);
    assert_eq!(mark, [0xfe, 0xff], "a byte order mark");
    let units: Vec<u16> =
        text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}
