//! Certificates: what is not believed is refused in words, and a failover keeps the trust.

use std::time::Duration;

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use xenapi::{Address, CertificateProblem, Error, PoolSettings, Secret, Tls, Trust, TrustError};

use crate::{
    certificates::Signed,
    lab::{Client, Lab, in_time},
};

fn problem(error: &Error) -> &CertificateProblem {
    match error {
        Error::Certificate { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_wrong_pin_is_refused_and_tells_the_right_one() {
    let lab = Lab::start(&[]);
    let mut settings = lab.settings(0);
    settings.trust = Trust::Pinned(vec![lab.hosts[1].1]);
    let mut client = Client::new(settings);
    let error = client.failed(|_| true).await;
    assert_eq!(*problem(&error), CertificateProblem::Pin { presented: lab.hosts[0].1 });
    assert!(error.to_string().contains(&lab.hosts[0].1.to_string()), "{error}");
    assert_eq!(lab.count("session.login_with_password").await, 0, "no password was sent");
}

#[tokio::test]
async fn the_pin_of_one_host_is_enough_for_its_pool() {
    let lab = Lab::start(&["--hosts", "3"]);
    let mut settings = lab.settings(1);
    settings.trust = Trust::Pinned(vec![lab.hosts[1].1]);
    let mut client = Client::new(settings);
    let connected = client.connected(|_| true).await;
    assert_eq!(connected.master, lab.hosts[0].0);
    lab.begin("master-dead").await;
    client.connected(|now| now.master != connected.master).await;
}

#[tokio::test]
async fn certificates_that_are_not_believed_are_refused_in_words() {
    let lab = Lab::start(&["--hosts", "1", "--fault", "expired-certificate"]);
    let mut client = Client::new(lab.settings(0));
    let error = client.failed(|_| true).await;
    assert!(matches!(problem(&error), CertificateProblem::Time(_)), "{error}");
    lab.end("expired-certificate").await;
    client.connected(|_| true).await;

    let mut settings = lab.settings(0);
    settings.trust = Trust::Authorities(Lab::start(&["--hosts", "1"]).authority());
    let error = Client::new(settings).failed(|_| true).await;
    assert!(matches!(problem(&error), CertificateProblem::Authority), "{error}");

    let mut settings = lab.settings(0);
    settings.addresses = vec![Address::parse("localhost", other_name(&lab).await).unwrap()];
    let error = Client::new(settings).failed(|_| true).await;
    assert!(matches!(problem(&error), CertificateProblem::Name(_)), "{error}");
}

/// The port under which a host of the laboratory is reached by a name that its certificate has not.
async fn other_name(lab: &Lab) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = lab.hosts[0].0.to_string();
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            let mut there = TcpStream::connect(&host).await.unwrap();
            drop(tokio::io::copy_bidirectional(&mut here, &mut there).await);
        }
    });
    port
}

#[tokio::test]
async fn tls_1_0_is_refused_in_words() {
    let lab = Lab::start(&["--hosts", "1", "--fault", "old-tls"]);
    let error = Client::new(lab.settings(0)).failed(|_| true).await;
    assert!(matches!(*error, Error::TlsVersion { .. }), "{error}");
    assert!(error.to_string().ends_with("expected TLS 1.2 or 1.3"), "{error}");
}

#[tokio::test]
async fn x509_version_1_is_refused_in_words_even_pinned() {
    let certificate = Signed::version_1();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: Address = listener.local_addr().unwrap().to_string().parse().unwrap();
    let acceptor = TlsAcceptor::from(certificate.server());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    let trust = Trust::Pinned(vec![certificate.fingerprint()]);
    let settings = PoolSettings::new(vec![address], "root", Secret::new("lab"), trust);
    let error = Client::new(settings).failed(|_| true).await;
    assert_eq!(*problem(&error), CertificateProblem::Version { version: 1 });
}

#[tokio::test]
async fn what_speaks_no_tls_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: Address = listener.local_addr().unwrap().to_string().parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
        }
    });
    let tls = Tls::new(&Trust::Pinned(vec![Signed::version_1().fingerprint()])).unwrap();
    let error = in_time(tls.connect(&address, Duration::from_secs(20))).await.unwrap_err();
    assert!(matches!(error, Error::TlsVersion { .. }), "{error}");
}

#[test]
fn a_trust_that_cannot_be_used_is_refused() {
    assert!(matches!(Tls::new(&Trust::Pinned(vec![])), Err(TrustError::NoPins)));
    let trust = Trust::Authorities(b"nothing".to_vec());
    assert!(matches!(Tls::new(&trust), Err(TrustError::Authorities(_))));
}
