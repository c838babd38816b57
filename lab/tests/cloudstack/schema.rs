//! Every answer is as CloudStack describes it.

use std::path::Path;

use serde_json::Value;

use crate::lab::Lab;

/// Each call of the description is made, and each field of the answer has the type that is described.
#[tokio::test]
async fn answers_are_as_described() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/cloudstack/openapi_4.18_monitoring_subset.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: the description of the API is not here");
        return;
    };
    let described: Value = serde_json::from_str(&text).unwrap();
    let lab = Lab::start(&[]);
    lab.control(reqwest::Method::POST, "/alerts?type=7&name=ALERT.TEST&description=lab").await;
    lab.begin("failed-jobs").await;
    let mut fields = 0;
    let paths = described["paths"].as_object().unwrap();
    for (path, operation) in paths {
        let command = path.trim_start_matches('/');
        let asked = [("fetchhealthcheckresults", "true"), ("showcapacities", "true")];
        let answer = lab.call(command, &asked).await;
        assert_eq!(answer.status, 200, "{command}");
        let envelope = format!("{}response", command.to_lowercase());
        assert_eq!(answer.envelope, envelope, "{command}");
        let content = &operation["get"]["responses"]["200"]["content"]["application/json"];
        let schema =
            &content["schema"]["properties"][&envelope]["additionalProperties"]["oneOf"][0];
        for (name, value) in answer.inner.as_object().unwrap() {
            match (name.as_str(), value) {
                ("count", count) => assert!(count.is_u64(), "{command}: count is {count}"),
                (_, Value::Array(rows)) => {
                    for row in rows {
                        fields += check(&described, schema, row, command);
                    }
                }
                (_, object) => fields += check(&described, schema, object, command),
            }
        }
    }
    assert!(fields > 10_000, "only {fields} fields were compared");
    println!("lab_cloudstack_calls {}/{}", paths.len(), paths.len());
}

/// Compares a value with its description and returns how many fields were compared.
fn check(described: &Value, schema: &Value, value: &Value, at: &str) -> usize {
    let schema = match schema["$ref"].as_str() {
        Some(name) => described.pointer(&name[1..]).unwrap(),
        None => schema,
    };
    let right = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        // What a list holds is not always described.
        None => true,
        other => panic!("{at}: described as {other:?}"),
    };
    assert!(right, "{at}: {value} is not {}", schema["type"]);
    match (value, schema["properties"].as_object()) {
        (Value::Array(items), _) => {
            items.iter().map(|item| check(described, &schema["items"], item, at)).sum()
        }
        (Value::Object(fields), Some(known)) => fields
            .iter()
            .map(|(name, field)| {
                let at = format!("{at}.{name}");
                let schema = known.get(name).unwrap_or_else(|| panic!("{at}: is not described"));
                1 + check(described, schema, field, &at)
            })
            .sum(),
        _ => 0,
    }
}
