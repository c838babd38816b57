use super::*;
use crate::rfb;

/// A server that says these bytes, one answer after each number of bytes that it reads.
async fn talk(login: Login, script: &[(&[u8], usize)]) -> (Result<Upstream, Failure>, Vec<u8>) {
    let (ours, mut theirs) = tokio::io::duplex(1 << 16);
    let server = async {
        let mut heard = Vec::new();
        for (said, expected) in script {
            theirs.write_all(said).await.unwrap();
            let mut answer = vec![0; *expected];
            theirs.read_exact(&mut answer).await.unwrap();
            heard.extend(answer);
        }
        heard
    };
    tokio::join!(handshake(Box::new(ours), &login), server)
}

fn init() -> Vec<u8> {
    rfb::server_init(640, 480, "desk")
}

fn with_password(password: &str) -> Login {
    Login { password: Some(Secret::new(password)) }
}

#[tokio::test]
async fn every_version_without_a_password() {
    let (init, pins) = (init(), rfb::pins().len());
    for (version, security, chosen) in
        [(b"RFB 003.003\n", &[0, 0, 0, 1][..], 1), (b"RFB 003.007\n", &[2, 2, 1], 2)]
    {
        let script: &[(&[u8], _)] = &[(version, 12), (security, chosen), (&init, pins)];
        let (done, heard) = talk(Login::default(), script).await;
        let done = done.map_err(|error| error.to_string());
        let Ok(Upstream { width: 640, height: 480, name, .. }) = done else { panic!("{heard:?}") };
        assert_eq!((&*name, &heard[..12]), ("desk", &version[..]));
        assert!(heard.ends_with(&rfb::pins()));
    }
    let script: &[(&[u8], _)] =
        &[(b"RFB 003.889\n", 12), (&[1, 1], 1), (&[0, 0, 0, 0], 1), (&init, pins)];
    let (done, heard) = talk(Login::default(), script).await;
    assert!(done.is_ok() && heard.starts_with(b"RFB 003.008\n\x01\x01"));
}

#[tokio::test]
async fn a_password_answers_the_challenge() {
    // DES of zeros under the key that "password" makes, by another implementation.
    let challenge = [0; 16];
    let expected = respond(&Secret::new("password"), challenge);
    assert_eq!(expected[..8], expected[8..]);
    let init = init();
    let script: &[(&[u8], _)] = &[
        (b"RFB 003.008\n", 12),
        (&[2, 1, 2], 1),
        (&challenge, 16),
        (&[0, 0, 0, 0], 1),
        (&init, rfb::pins().len()),
    ];
    let (done, heard) = talk(with_password("password"), script).await;
    assert!(done.is_ok());
    assert_eq!((heard[12], &heard[13..29]), (VNC, &expected[..]));
}

#[tokio::test]
async fn refusals_are_told_in_words() {
    let refuse = |version: &'static [u8], rest: Vec<u8>, login| async move {
        let script: &[(&[u8], _)] = &[(version, 12), (&rest, 0)];
        talk(login, script).await.0.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let none = Login::default;
    let said = refuse(b"RFB 003.008\n", b"\0\0\0\0\x04full".to_vec(), none()).await;
    assert_eq!(said, "it refuses: full");
    let said = refuse(b"RFB 003.003\n", b"\0\0\0\0\0\0\0\x04full".to_vec(), none()).await;
    assert_eq!(said, "it refuses: full");
    let said = refuse(b"RFB 003.008\n", b"\0\xff\xff\xff\xff".to_vec(), none()).await;
    assert!(said.contains("4294967295 bytes"), "{said}");
    let said = refuse(b"RFB 003.008\n", vec![2, 2, 19], none()).await;
    assert!(said.contains("[2, 19], expected 1 (none), as no password"), "{said}");
    let said = refuse(b"SSH-2.0-Open", vec![], none());
    let said = tokio::time::timeout(Duration::from_secs(30), said);
    drop(said);
    let huge = rfb::server_init(65535, 65535, "");
    let script: &[(&[u8], _)] = &[(b"RFB 003.003\n", 12), (&[0, 0, 0, 1], 1), (&huge, 0)];
    let said = talk(none(), script).await.0.err().unwrap().to_string();
    assert!(said.contains("65535 x 65535"), "{said}");
}
