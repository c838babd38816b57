//! The pages in a real browser, with the consoles of a real VNC server.

use browser::Browser;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::process::{Child, Command};
use vnc_recorder::recording::reader::Reader;

use crate::access::{PASSWORD, guarded};
use crate::program::Program;
use crate::screen::{Screen, until};

/// What the canvas shows, as [`hash`] writes it.
const CANVAS: &str = "(async () => {
    const canvas = document.querySelector('#screen canvas');
    if (!canvas || canvas.width === 0) return '';
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 3; at < data.length; at += 4) data[at] = 0;
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
    return canvas.width + 'x' + canvas.height + ' ' + [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
})()";

/// A screen with a terminal on it that shows what is typed, and the program with its console.
async fn with_terminal() -> (Screen, Child, Program) {
    let screen = Screen::start().await;
    let terminal = Command::new("xterm")
        .args(["-geometry", "53x15+0+0", "-fn", "fixed", "-e", "cat"])
        .env("DISPLAY", screen.display())
        .kill_on_drop(true)
        .spawn()
        .expect("xterm is needed: make install-test-deps");
    let target = format!("{{name: desk, address: '{}'}}", screen.address);
    let program =
        Program::start(&format!("targets: [{target}]\nrecording: {{reserve: 1MiB}}\n")).await;
    (screen, terminal, program)
}

#[tokio::test]
async fn a_console_is_used_closed_found_and_replayed() {
    let (screen, _terminal, program) = with_terminal().await;
    let mut page = Browser::open(&program.url("/"), "en").await;
    page.until("document.querySelector('#consoles a.first')?.textContent === 'Open'").await;
    page.follow("document.querySelector('#consoles a.first').click()").await;
    page.until("document.getElementById('main')?.dataset.state === 'connected'").await;
    page.until("document.getElementById('notices').innerText === 'Recorded'").await;
    page.until(&format!("/^320x200/.test(await {CANVAS})")).await;
    let mut seen = page.evaluate(CANVAS).await;
    for letter in ["W", "i", "s", "e"] {
        type_letter(&mut page, letter).await;
        page.until(&format!("await {CANVAS} !== {seen}")).await;
        seen = page.evaluate(CANVAS).await;
    }
    until("the page shows what X shows", async || {
        seen = page.evaluate(CANVAS).await;
        seen == json!(hash(320, 200, &screen.pixels()))
    })
    .await;
    page.evaluate("[...document.querySelectorAll('.tools button')].find((button) => button.textContent === 'Disconnect').click()").await;
    page.until("/The session has ended/.test(document.querySelector('.over')?.innerText)").await;

    let found = program
        .until("/api/v1/recordings", |found| found["recordings"][0]["state"] == "complete")
        .await;
    let recording = &found["recordings"][0];
    let id = recording["id"].as_str().unwrap().to_owned();
    let mut page = Browser::open(&program.url("/recordings?vm=desk"), "zh-CN").await;
    page.until("document.querySelector('#recordings a.first')?.textContent === '回放'").await;
    page.follow("document.querySelector('#recordings a.first').click()").await;
    page.until("document.getElementById('main')?.dataset.state === 'playing'").await;
    page.evaluate("[...document.querySelectorAll('.tools button')][0].click()").await;
    page.until("document.getElementById('main').dataset.state === 'paused'").await;

    let file = program.folder.join(format!("data/recordings/{id}.vncrec"));
    let mut reader = Reader::open(&file, None).unwrap();
    let length = recording["duration_ms"].as_u64().unwrap() as u32;
    for fifth in [4, 1, 3, 0, 2] {
        let moment = length * fifth / 5;
        seek(&mut page, moment).await;
        reader.seek(moment).unwrap();
        page.until(&format!("await {CANVAS} === '{}'", drawn(&reader))).await;
    }

    // Eight times as fast and without idle times to the end.
    page.evaluate("{ const speed = document.querySelector('.player-bar select'); speed.value = '8'; speed.dispatchEvent(new Event('change')); document.querySelector('.player-bar input').click(); }").await;
    page.evaluate("[...document.querySelectorAll('.tools button')][0].click()").await;
    page.until(&format!("document.getElementById('main').dataset.position >= {length}")).await;
    reader.seek(length).unwrap();
    page.until(&format!("await {CANVAS} === '{}'", drawn(&reader))).await;
    assert_eq!(json!(drawn(&reader)), seen, "as the user saw it last");
}

/// By the link to a moment, as somebody would open it.
async fn seek(page: &mut Browser, moment: u32) {
    page.evaluate(&format!("location.hash = 't={}'", f64::from(moment) / 1000.0)).await;
    page.until(&format!("document.getElementById('main').dataset.position === '{moment}'")).await;
}

/// What the decoder has drawn, as the canvas should show it.
fn drawn(reader: &Reader) -> String {
    let screen = reader.screen();
    hash(screen.width(), screen.height(), screen.pixels())
}

fn hash(width: usize, height: usize, pixels: &[u8]) -> String {
    let mut pixels = pixels.to_vec();
    pixels.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 0);
    let hash: String = Sha256::digest(&pixels).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{width}x{height} {hash}")
}

async fn type_letter(page: &mut Browser, letter: &str) {
    let code = format!("Key{}", letter.to_uppercase());
    let key = |kind: &str| -> Value {
        json!({"type": kind, "key": letter, "code": code, "text": letter})
    };
    page.call("Input.dispatchKeyEvent", key("keyDown")).await;
    let mut up = key("keyUp");
    up.as_object_mut().unwrap().remove("text");
    page.call("Input.dispatchKeyEvent", up).await;
}

#[tokio::test]
async fn a_watcher_sees_the_same_and_is_seen() {
    let screen = Screen::start().await;
    screen.weave("red").await;
    let program = guarded(&screen).await;
    let mut duty = Browser::open(&program.url("/console/static/desk"), "en").await;
    log_in(&mut duty, "duty").await;
    let shown = hash(320, 200, &screen.pixels());
    duty.until(&format!("await {CANVAS} === '{shown}'")).await;

    let mut auditor = Browser::open(&program.url("/sessions"), "en").await;
    log_in(&mut auditor, "auditor").await;
    auditor.until("/desk\\s+duty/.test(document.getElementById('main').innerText)").await;
    auditor.until("[...document.querySelectorAll('.actions a')].some((link) => link.textContent === 'Watch')").await;
    auditor.follow("[...document.querySelectorAll('.actions a')].find((link) => link.textContent === 'Watch').click()").await;
    auditor.until(&format!("await {CANVAS} === '{shown}'")).await;
    duty.until("/Watched by auditor/.test(document.getElementById('notices').innerText)").await;

    screen.weave("yellow").await;
    let shown = hash(320, 200, &screen.pixels());
    for page in [&mut duty, &mut auditor] {
        page.until(&format!("await {CANVAS} === '{shown}'")).await;
    }
}

async fn log_in(page: &mut Browser, name: &str) {
    page.until("!document.getElementById('login').hidden").await;
    page.evaluate(&format!(
        "{{ document.getElementById('login-name').value = '{name}'; \
           document.getElementById('login-password').value = '{PASSWORD}'; \
           document.getElementById('login').requestSubmit(); }}"
    ))
    .await;
}
