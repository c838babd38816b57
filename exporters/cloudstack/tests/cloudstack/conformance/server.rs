//! A server with some recorded answers and no others.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawForm, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Map, Value, json};
use tokio_util::sync::DropGuard;

use crate::stage::stop;

/// A server with these answers and no others.
pub(super) struct Server {
    url: String,
    _stop: DropGuard,
}

impl Server {
    pub(super) async fn start(answers: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let mut answers: HashMap<&str, Value> = answers.into_iter().collect();
        let names: Vec<Value> =
            answers.keys().map(|name| json!({"name": name, "params": params()})).collect();
        answers
            .entry("listApis")
            .or_insert(json!({"listapisresponse": {"count": 1, "api": names}}));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/client/api", listener.local_addr().unwrap());
        let app = Router::new().route("/client/api", post(answer)).with_state(Arc::new(answers));
        let (token, guard) = stop();
        tokio::spawn(token.run_until_cancelled_owned(async { axum::serve(listener, app).await }));
        Server { url, _stop: guard }
    }

    pub(super) fn config(&self) -> String {
        format!(
            "clouds: [{{name: c, url: '{}', api_key: k, secret_key: s, rate: 1000}}]\n",
            self.url
        )
    }
}

/// Parameters that all calls know here.
fn params() -> Value {
    let names = ["page", "pagesize", "state", "zoneid", "listall", "templatefilter"];
    names.iter().map(|name| json!({"name": name})).collect()
}

async fn answer(
    State(answers): State<Arc<HashMap<&'static str, Value>>>,
    RawForm(form): RawForm,
) -> (StatusCode, String) {
    let form = String::from_utf8(form.to_vec()).unwrap();
    let parameters: HashMap<&str, &str> =
        form.split('&').filter_map(|pair| pair.split_once('=')).collect();
    match answers.get(parameters["command"]) {
        // Whoever asks for a state gets rows of this state.
        Some(answer) => (StatusCode::OK, only(answer, parameters.get("state")).to_string()),
        None => (
            StatusCode::UNAUTHORIZED,
            json!({"e": {"errorcode": 401, "errortext": "does not exist"}}).to_string(),
        ),
    }
}

fn only(answer: &Value, state: Option<&&str>) -> Value {
    let Some(state) = state else { return answer.clone() };
    let outer: Map<String, Value> = answer.as_object().unwrap().clone();
    let filtered = outer.into_iter().map(|(name, mut inner)| {
        for rows in inner.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut) {
            rows.retain(|row| row["state"] == **state);
        }
        let rows =
            inner.as_object().unwrap().values().find_map(Value::as_array).map_or(0, Vec::len);
        inner["count"] = json!(rows);
        (name, inner)
    });
    Value::Object(filtered.collect())
}
