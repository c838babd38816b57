//! Who gets in, and how far.

use access::PasswordHash;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::program::Program;
use crate::screen::Screen;

pub(crate) const PASSWORD: &str = "correct horse";

/// An id that nothing has.
const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

/// The console of `screen`; users duty (operator) and auditor; a token named after each role; `narrow`, an
/// operator who may see targets of a pool alone.
pub(crate) async fn guarded(screen: &Screen) -> Program {
    let hash = PasswordHash::new(PASSWORD).unwrap();
    let user = |name: &str, role: &str| {
        format!("{{name: {name}, role: {role}, password_hash: '{}'}}", hash.as_str())
    };
    let token =
        |name: &str, role: &str| format!("{{name: {name}, role: {role}, token: {name}-token}}");
    Program::start(&format!(
        "
targets: [{{name: desk, address: '{}'}}]
recording: {{reserve: 1MiB}}
scopes: {{narrow: ['pool/*']}}
access:
  users: [{}, {}]
  tokens: [{}, {}, {}, {}, {}]
",
        screen.address,
        user("duty", "operator"),
        user("auditor", "auditor"),
        token("viewer", "viewer"),
        token("operator", "operator"),
        token("audit", "auditor"),
        token("admin", "admin"),
        token("narrow", "operator"),
    ))
    .await
}

#[tokio::test]
async fn nothing_is_answered_without_a_login() {
    let program = guarded(&Screen::start().await).await;
    let described = program.with("viewer-token", Method::GET, "/api/v1/openapi.json");
    let described: Value = described.send().await.unwrap().json().await.unwrap();
    let mut walked = 0;
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", NOTHING);
            let nobody = program.request(method.clone(), &path).json(&json!({}));
            assert_eq!(status(nobody).await, 401, "{method} {path}");
            let wrong = program.with("wrong", method.clone(), &path).json(&json!({}));
            assert_eq!(status(wrong).await, 401, "{method} {path} with a wrong token");
            walked += 1;
        }
    }
    assert!(walked >= 14, "only {walked} routes");
    assert_eq!(
        status(program.request(Method::GET, "/recordings")).await,
        200,
        "the page has a form"
    );
}

#[tokio::test]
async fn each_role_may_what_it_is_for() {
    let program = guarded(&Screen::start().await).await;
    let console = json!({"console": "static/desk"});
    for (token, console_ticket, recordings, deletion, audit) in [
        ("viewer-token", 403, 403, 403, 403),
        ("operator-token", 200, 200, 403, 403),
        ("audit-token", 403, 200, 403, 403),
        ("admin-token", 200, 200, 404, 200),
        ("narrow-token", 404, 200, 403, 403),
    ] {
        let ticket = program.with(token, Method::POST, "/api/v1/tickets").json(&console);
        assert_eq!(status(ticket).await, console_ticket, "{token} asks for a ticket");
        let get = |path| program.with(token, Method::GET, path);
        assert_eq!(status(get("/api/v1/recordings")).await, recordings, "{token} lists recordings");
        assert_eq!(status(get("/api/v1/audit")).await, audit, "{token} reads the audit log");
        let recording = format!("/api/v1/recordings/{NOTHING}");
        let delete = program.with(token, Method::DELETE, &recording);
        assert_eq!(status(delete).await, deletion, "{token} deletes");
        let targets: Value = get("/api/v1/targets").send().await.unwrap().json().await.unwrap();
        let seen = targets["targets"].as_array().unwrap().len();
        assert_eq!(seen, usize::from(token != "narrow-token"), "{token} sees targets in scope");
    }
}

#[tokio::test]
async fn a_ticket_opens_once_for_its_user() {
    let screen = Screen::start().await;
    let program = guarded(&screen).await;
    let stolen = ticket(&program, "operator-token").await;
    assert_eq!(connect(&program, "admin-token", &stolen).await.status(), 404, "somebody else's");
    assert_eq!(
        connect(&program, "operator-token", &stolen).await.status(),
        404,
        "is used up by that"
    );
    let own = ticket(&program, "operator-token").await;
    let opened = connect(&program, "operator-token", &own).await;
    assert_eq!(opened.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(connect(&program, "operator-token", &own).await.status(), 404, "a second time");
    assert_eq!(connect(&program, "operator-token", "").await.status(), 404);
}

#[tokio::test]
async fn another_sites_page_cannot_use_a_login() {
    let screen = Screen::start().await;
    let program = guarded(&screen).await;
    let login = json!({"name": "duty", "password": PASSWORD});
    let login = program
        .request(Method::POST, "/api/v1/session")
        .header("origin", program.url(""))
        .json(&login);
    let login = login.send().await.unwrap();
    let cookie =
        login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = login.json::<Value>().await.unwrap()["csrf"].as_str().unwrap().to_owned();
    let as_page = |method: Method, path: &str, origin: &str| {
        program.request(method, path).header("cookie", &cookie).header("origin", origin)
    };
    let asked = |origin: &str, csrf: &str| {
        let request = as_page(Method::POST, "/api/v1/tickets", origin).header("x-csrf-token", csrf);
        request.json(&json!({"console": "static/desk"}))
    };
    assert_eq!(status(asked("http://evil.example", &csrf)).await, 403);
    assert_eq!(status(asked(&program.url(""), "none")).await, 403);
    let answer = asked(&program.url(""), &csrf).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let path = format!("/api/v1/stream?ticket={}", answer["ticket"].as_str().unwrap());
    let foreign = upgrading(as_page(Method::GET, &path, "http://evil.example"));
    assert_eq!(status(foreign).await, 403);
    let own = upgrading(as_page(Method::GET, &path, &program.url("")));
    assert_eq!(status(own).await, 101, "the ticket was not used up by that");
}

async fn ticket(program: &Program, token: &str) -> String {
    let asked = program.with(token, Method::POST, "/api/v1/tickets");
    let answer = asked.json(&json!({"console": "static/desk"})).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["ticket"].as_str().unwrap().to_owned()
}

async fn connect(program: &Program, token: &str, ticket: &str) -> Response {
    let path = format!("/api/v1/stream?ticket={ticket}");
    upgrading(program.with(token, Method::GET, &path)).send().await.unwrap()
}

/// As a browser asks for a WebSocket.
fn upgrading(request: RequestBuilder) -> RequestBuilder {
    request
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}
