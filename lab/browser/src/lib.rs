//! A real, headless Chromium, driven over its debugging pipe (the DevTools protocol, messages ended by NUL).
//!
//! For tests of pages: whatever is not as expected panics.

#![expect(
    clippy::unwrap_used,
    reason = "what a test does not expect should end it, with the place"
)]

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The browser says something within this time.
const DEADLINE: Duration = Duration::from_secs(60);

/// How often [`Browser::until`] looks, each 20 ms.
const TURNS: u32 = 1000;

/// A browser with one page open; killed when dropped.
#[derive(Debug)]
pub struct Browser {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Value,
    last: u64,
    _child: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a page; `language` as browsers send it, such as `zh-CN`.
    ///
    /// # Panics
    /// When there is no Chromium, or it does not open the page.
    pub async fn open(url: &str, language: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            // The pipe is expected on the descriptors 3 and 4.
            .args(["-c", r#"exec chromium "$@" 3<&0 4>&1 1>/dev/null 2>/dev/null"#, "chromium"])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-sync",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--accept-lang={language}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("chromium is needed: apt-get install chromium");
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut browser = Browser {
            commands,
            answers,
            session: Value::Null,
            last: 0,
            _child: child,
            _profile: profile,
        };
        let target =
            browser.call("Target.createTarget", json!({"url": "about:blank"})).await["targetId"]
                .clone();
        let attached = browser
            .call("Target.attachToTarget", json!({"targetId": target, "flatten": true}))
            .await;
        browser.session = attached["sessionId"].clone();
        browser.call("Page.enable", json!({})).await;
        browser.send("Page.navigate", json!({"url": url})).await;
        browser.loaded().await;
        browser
    }

    /// Runs a JavaScript expression that leads to another page, such as a click on a link, and waits for that.
    ///
    /// # Panics
    /// When no page comes.
    pub async fn follow(&mut self, expression: &str) {
        self.send("Runtime.evaluate", json!({"expression": expression})).await;
        self.loaded().await;
    }

    /// The value of a JavaScript expression on the page.
    ///
    /// # Panics
    /// When the expression throws.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", parameters).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true on the page.
    ///
    /// # Panics
    /// When that takes too long; what the page shows is told.
    pub async fn until(&mut self, expression: &str) {
        // The page itself asks again and again; each question is bounded by the deadline.
        let ask = format!(
            "(async () => {{ for (let turn = 0; turn < {TURNS}; turn++) {{ if ({expression}) return true; \
             await new Promise((go) => setTimeout(go, 20)); }} return document.body.innerText; }})()"
        );
        let answer = self.evaluate(&ask).await;
        assert!(answer == true, "still waiting for {expression} in\n{answer}");
    }

    /// One command of the protocol and its answer.
    ///
    /// # Panics
    /// When the browser refuses it, or is silent.
    pub async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.send(method, parameters).await;
        loop {
            let answer = self.read().await;
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    async fn send(&mut self, method: &str, parameters: Value) {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_null() {
            command["sessionId"] = self.session.clone();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).await.unwrap();
    }

    async fn loaded(&mut self) {
        while self.read().await["method"] != "Page.loadEventFired" {}
    }

    /// The next answer or event.
    async fn read(&mut self) -> Value {
        let mut message = Vec::new();
        let read = self.answers.read_until(0, &mut message);
        tokio::time::timeout(DEADLINE, read).await.expect("the browser is silent").unwrap();
        assert_eq!(message.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&message).unwrap()
    }
}
