//! A lab that runs, and how the tests ask it: signed as a client does, and over its control interface.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// How long a test waits for anything: the machine may be loaded.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A lab that dies with its owner.
pub(crate) struct Lab {
    process: Child,
    pub(crate) url: String,
    /// Account, role, key and secret.
    pub(crate) users: Vec<[String; 4]>,
    control: SocketAddr,
    client: Client,
}

/// The answer to a call: its status, and what is in the envelope `xyzresponse`.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) envelope: String,
    pub(crate) inner: Value,
}

impl Lab {
    pub(crate) fn start(flags: &[&str]) -> Lab {
        let mut process = Command::new(env!("CARGO_BIN_EXE_lab-cloudstack"))
            .args(["--api.listen-address", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut url, mut users) = (String::new(), Vec::new());
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["cloud", address] => url = address.to_owned(),
                ["user", account, role, key, secret] => {
                    users.push([account, role, key, secret].map(str::to_owned));
                }
                ["control", control] => {
                    let control = control.parse().unwrap();
                    let client = Client::builder().timeout(DEADLINE).build().unwrap();
                    return Lab { process, url, users, control, client };
                }
                ref other => panic!("lab-cloudstack says {other:?}"),
            }
        }
        panic!("lab-cloudstack ended: {:?}", process.wait());
    }

    /// Key and secret of who has a role.
    pub(crate) fn keys(&self, role: &str) -> (&str, &str) {
        let user = self.users.iter().find(|user| user[1] == role).unwrap();
        (&user[2], &user[3])
    }

    /// Calls as the admin, for everything.
    pub(crate) async fn call(&self, command: &str, parameters: &[(&str, &str)]) -> Answer {
        let all = [("listall", "true"), ("projectid", "-1")];
        self.call_as(self.keys("admin"), command, &[&all, parameters].concat()).await
    }

    /// Calls with a key and a secret.
    pub(crate) async fn call_as(
        &self,
        (key, secret): (&str, &str),
        command: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let common = [("apiKey", key), ("command", command), ("response", "json")];
        let signed = signed(&[&common, parameters].concat(), secret);
        self.raw(Method::GET, &signed).await
    }

    /// Sends a query as it is.
    pub(crate) async fn raw(&self, method: Method, query: &str) -> Answer {
        let request = match method {
            Method::POST => self.client.post(&self.url).body(query.to_owned()),
            _ => self.client.get(format!("{}?{query}", self.url)),
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        let (envelope, inner) = body.as_object().unwrap().iter().next().unwrap();
        Answer { status, envelope: envelope.clone(), inner: inner.clone() }
    }

    /// The body of an answer as it came.
    pub(crate) async fn text(&self, command: &str) -> String {
        let (key, secret) = self.keys("admin");
        let query = signed(&[("apiKey", key), ("command", command), ("response", "json")], secret);
        self.client.get(format!("{}?{query}", self.url)).send().await.unwrap().text().await.unwrap()
    }

    /// All objects of a list, page by page until one is not full.
    pub(crate) async fn list(&self, command: &str, key: &str, size: usize) -> Vec<Value> {
        let mut all = Vec::new();
        for page in 1.. {
            let (page, size_text) = (page.to_string(), size.to_string());
            let paged = [("page", page.as_str()), ("pagesize", size_text.as_str())];
            let answer = self.call(command, &paged).await;
            let rows = answer.inner[key].as_array().cloned().unwrap_or_default();
            let full = rows.len() == size;
            all.extend(rows);
            if !full {
                break;
            }
        }
        all
    }

    /// Asks the control interface.
    pub(crate) async fn control(&self, method: Method, path: &str) -> (StatusCode, String) {
        let url = format!("http://{}{path}", self.control);
        let response = self.client.request(method, url).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub(crate) async fn begin(&self, fault: &str) {
        let (status, text) = self.control(Method::PUT, &format!("/faults/{fault}")).await;
        assert_eq!(status, 204, "{fault}: {text}");
    }

    pub(crate) async fn end(&self, fault: &str) {
        let (status, text) = self.control(Method::DELETE, &format!("/faults/{fault}")).await;
        assert_eq!(status, 204, "{fault}: {text}");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A query with its signature, which OpenSSL makes.
pub(crate) fn signed(parameters: &[(&str, &str)], secret: &str) -> String {
    let mut pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| {
            let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            // Both encode as the WHATWG has it, but for blanks.
            format!("{name}={}", value.replace('+', "%20"))
        })
        .collect();
    pairs.sort();
    let canonical = pairs.join("&").to_lowercase();
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha1", "-hmac", secret, "-binary"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(canonical.as_bytes()).unwrap();
    let mut hash = Vec::new();
    openssl.stdout.take().unwrap().read_to_end(&mut hash).unwrap();
    assert!(openssl.wait().unwrap().success());
    use base64::Engine as _;
    let signature = base64::engine::general_purpose::STANDARD.encode(hash);
    let signature: String = form_urlencoded::byte_serialize(signature.as_bytes()).collect();
    format!("{}&signature={signature}", pairs.join("&"))
}

/// Waits until something has come about.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < DEADLINE, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
