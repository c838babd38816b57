//! A service with three routes behind the door.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use access::{Access, Caller, File, PasswordHash, Role, Settings, Unnamed};
use axum::Router;
use axum::routing::{get, post};
use exporter_kit::{About, Exposition, Service};
use prometheus_client::registry::Registry;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub(crate) const PASSWORD: &str = "correct horse";

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rank {
    Viewer,
    Operator,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Right {
    See,
    Act,
}

impl Role for Rank {
    type Right = Right;

    fn may(self, right: Right) -> bool {
        right == Right::See || self == Rank::Operator
    }
}

/// A running service; stops when dropped.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    settings: Arc<Mutex<Arc<Settings<Rank>>>>,
    client: Client,
    shutdown: CancellationToken,
}

impl Door {
    /// With the users `duty` (operator) and `guest` (viewer), the token `0123`, and what `more` changes.
    pub(crate) async fn open(more: Value) -> Self {
        let mut file = users();
        file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Self::serve(file, Unnamed::Local(Rank::Viewer)).await
    }

    pub(crate) async fn serve(file: Value, unnamed: Unnamed<Rank>) -> Self {
        let about = About { name: "door", summary: "a door", listen: "127.0.0.1:0", version: "0" };
        let service = Service::for_test(about, (), ()).await.unwrap();
        let settings = Arc::new(Mutex::new(resolve(file)));
        let current = Arc::clone(&settings);
        let access = Access::new("door", unnamed, move || Arc::clone(&current.lock().unwrap()));
        let see =
            Router::new().route("/see", get(async |caller: Caller<Rank>| caller.name().to_owned()));
        let act = Router::new()
            .route("/act", post(async |caller: Caller<Rank>| caller.name().to_owned()));
        // Forgotten by mistake: it has no guard.
        let bare = Router::new()
            .route("/bare", get(async |caller: Caller<Rank>| caller.name().to_owned()));
        let routes = access
            .routes()
            .merge(access.guard(Right::See, see))
            .merge(access.guard(Right::Act, act));
        let (address, shutdown) = (service.web.address(), service.shutdown.clone());
        let web = service.web.without_landing_page().open_routes(routes.merge(bare));
        tokio::spawn(web.serve(Exposition::new(Registry::default()), service.shutdown));
        let client = Client::builder().no_proxy().build().unwrap();
        Door { address, settings, client, shutdown }
    }

    /// Another configuration is in force from now on.
    pub(crate) fn reload(&self, file: Value) {
        *self.settings.lock().unwrap() = resolve(file);
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn try_login(&self, name: &str, password: &str) -> Response {
        let login = self.request(Method::POST, "/api/v1/session").header("origin", self.origin());
        login.json(&json!({"name": name, "password": password})).send().await.unwrap()
    }

    pub(crate) async fn login(&self, name: &str) -> Session<'_> {
        let answer = self.try_login(name, PASSWORD).await;
        assert_eq!(answer.status(), 200);
        let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let cookie = set.split(';').next().unwrap().to_owned();
        let identity: Value = answer.json().await.unwrap();
        let csrf = identity["csrf"].as_str().unwrap().to_owned();
        Session { door: self, set, cookie, csrf, identity }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A browser that has logged in.
pub(crate) struct Session<'a> {
    door: &'a Door,
    /// The whole `Set-Cookie`.
    pub(crate) set: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) identity: Value,
}

impl Session<'_> {
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.door.request(Method::GET, path).header("cookie", &self.cookie)
    }

    /// As our own page sends it.
    pub(crate) fn change(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.door.request(method, path).header("cookie", &self.cookie);
        request.header("origin", self.door.origin()).header("x-csrf-token", &self.csrf)
    }
}

pub(crate) fn users() -> Value {
    let hash = PasswordHash::new(PASSWORD).unwrap();
    json!({
        "users": [
            {"name": "duty", "password_hash": hash.as_str(), "role": "operator"},
            {"name": "guest", "password_hash": hash.as_str(), "role": "viewer"},
        ],
        "tokens": [{"name": "script", "token": "0123", "role": "operator"}],
    })
}

fn resolve(file: Value) -> Arc<Settings<Rank>> {
    let file: File<Rank> = serde_json::from_value(file).unwrap();
    Arc::new(Settings::resolve("access", file, Path::new(".")).unwrap())
}

pub(crate) async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

pub(crate) fn loopback() -> IpAddr {
    [127, 0, 0, 1].into()
}
