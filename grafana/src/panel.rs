//! One panel: its queries and how they are shown.

use serde_json::{Value, json};

/// The data source that the dashboard's variable chooses.
pub(crate) fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// A panel.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    /// Width in columns of 24, height in rows.
    pub(crate) size: (u32, u32),
    pub(crate) queries: Vec<Query>,
}

/// How a panel draws.
pub(crate) enum Kind {
    /// One number, coloured by what it means.
    Stat(Meaning),
    /// The same; a click opens the dashboard of this uid.
    Lead(Meaning, &'static str),
    /// Lines over time.
    Timeseries,
    /// Lines over time; those of all queries but the first are limits, and dashed.
    Limited,
    /// Lines over time of what is recorded once an hour.
    Hourly,
    /// A bar for each series, from 0 to 1, coloured by how full it is.
    Bars,
    /// A bar for each series, the longest first, of what is highest now.
    Ranking,
    /// A round gauge for each series, from 0 to 1, coloured by how full it is.
    Gauges,
    /// A table that joins its queries on their common labels.
    Table(Vec<Column>),
}

/// What the number of a stat means.
pub(crate) enum Meaning {
    /// 1 is good, 0 is bad.
    Up,
    /// Nothing to judge.
    Count,
    /// Green at 0, else this colour.
    Trouble(Colour),
}

/// Colours of states, the same everywhere.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Green,
    Yellow,
    Orange,
    Red,
    Purple,
}

/// A PromQL query.
pub(crate) struct Query {
    pub(crate) promql: String,
    pub(crate) legend: &'static str,
}

impl Query {
    /// A query and how its lines are named.
    pub(crate) fn new(promql: String, legend: &'static str) -> Self {
        Query { promql, legend }
    }

    /// A query whose labels become columns.
    pub(crate) fn of_table(promql: String) -> Self {
        Query { promql, legend: "" }
    }
}

/// A column of a table, in the order of the list; columns that are not named are hidden.
pub(crate) struct Column {
    /// A label, or `Value #A` for the value of the first query, `Value #B` of the second.
    pub(crate) field: &'static str,
    pub(crate) title: &'static str,
    pub(crate) show: Show,
}

/// How a cell is shown.
pub(crate) enum Show {
    Text,
    /// A label whose value, when clicked, sets a variable.
    Choose(&'static str),
    /// A cell that, when clicked, opens the dashboard of a uid; its variables get the values of columns, each
    /// named by its title.
    Open(&'static str, &'static [(&'static str, &'static str)]),
    /// A cell that, when clicked, offers pages elsewhere: what they are called, and their addresses.
    Visit(&'static [(&'static str, &'static str)]),
    Number(Unit),
    /// A number that stands for a word.
    Words(&'static [(u8, &'static str, Colour)]),
}

/// Units by Grafana's names.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    None,
    Seconds,
    Bytes,
    Ratio,
    PerSecond,
    BitsPerSecond,
    BytesPerSecond,
    Watts,
    /// Seconds since the Unix epoch, shown as the time since then; the query multiplies by 1000.
    Ago,
}

/// One number.
pub(crate) fn stat(
    title: &'static str,
    description: &'static str,
    meaning: Meaning,
    unit: Unit,
    promql: String,
) -> Panel {
    let queries = vec![Query::new(promql, "")];
    Panel { title, description, kind: Kind::Stat(meaning), unit, size: (4, 4), queries }
}

/// Lines over time.
pub(crate) fn graph(
    title: &'static str,
    description: &'static str,
    unit: Unit,
    queries: Vec<Query>,
) -> Panel {
    Panel { title, description, kind: Kind::Timeseries, unit, size: (12, 8), queries }
}

impl Panel {
    pub(crate) fn into_json(self) -> Value {
        let Panel { title, description, kind, unit, size: _, queries } = self;
        let table = matches!(kind, Kind::Table(_));
        let instant = table || matches!(kind, Kind::Ranking);
        let targets: Vec<Value> = queries
            .into_iter()
            .zip('A'..)
            .map(|(Query { promql, legend }, id)| {
                json!({
                    "refId": id.to_string(), "datasource": datasource(), "expr": promql, "legendFormat": legend,
                    "format": if table { "table" } else { "time_series" }, "instant": instant, "range": !instant,
                })
            })
            .collect();
        let mut panel = json!({
            "title": title, "description": description, "datasource": datasource(), "targets": targets,
            "fieldConfig": { "defaults": { "unit": unit.name(), "noValue": "no data" }, "overrides": [] },
            "options": {},
        });
        match kind {
            Kind::Stat(meaning) => coloured(&mut panel, meaning),
            Kind::Lead(meaning, uid) => {
                coloured(&mut panel, meaning);
                panel["fieldConfig"]["defaults"]["links"] = json!([{
                    "title": "Open",
                    "url": format!("/d/{uid}?${{__url_time_range}}&${{datasource:queryparam}}"),
                }]);
            }
            Kind::Timeseries => timeseries(&mut panel),
            Kind::Limited => limited(&mut panel),
            Kind::Hourly => {
                timeseries(&mut panel);
                // The least step, and with it the least `$__rate_interval`.
                panel["interval"] = "1h".into();
            }
            Kind::Bars => parts(
                &mut panel,
                "bargauge",
                json!({ "displayMode": "basic", "orientation": "horizontal" }),
            ),
            Kind::Ranking => ranking(&mut panel),
            Kind::Gauges => parts(&mut panel, "gauge", json!({ "showThresholdLabels": false })),
            Kind::Table(columns) => self::table(&mut panel, columns),
        }
        panel
    }
}

fn coloured(panel: &mut Value, meaning: Meaning) {
    let (mappings, steps) = match meaning {
        Meaning::Up => (
            words(&[(0, "DOWN", Colour::Red), (1, "UP", Colour::Green)]),
            json!([{ "color": "red", "value": null }, { "color": "green", "value": 1 }]),
        ),
        Meaning::Count => (json!([]), json!([{ "color": "text", "value": null }])),
        Meaning::Trouble(colour) => (
            json!([]),
            json!([{ "color": "green", "value": null }, { "color": colour.name(), "value": 1 }]),
        ),
    };
    panel["type"] = "stat".into();
    panel["fieldConfig"]["defaults"]["mappings"] = mappings;
    panel["fieldConfig"]["defaults"]["thresholds"] = json!({ "mode": "absolute", "steps": steps });
    panel["options"] = json!({
        "colorMode": "background", "graphMode": "none", "justifyMode": "center", "textMode": "auto",
        "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
    });
}

fn timeseries(panel: &mut Value) {
    panel["type"] = "timeseries".into();
    panel["fieldConfig"]["defaults"]["custom"] = json!({
        "drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": false,
    });
    panel["options"] = json!({
        "legend": { "displayMode": "table", "placement": "bottom", "showLegend": true, "calcs": ["lastNotNull", "max"] },
        "tooltip": { "mode": "multi", "sort": "desc" },
    });
}

/// Parts of a whole as they are now.
fn parts(panel: &mut Value, shape: &str, options: Value) {
    panel["type"] = shape.into();
    panel["fieldConfig"]["defaults"]["min"] = 0.into();
    panel["fieldConfig"]["defaults"]["max"] = 1.into();
    panel["fieldConfig"]["defaults"]["thresholds"] = json!({ "mode": "absolute", "steps": [
        { "color": "green", "value": null }, { "color": "yellow", "value": 0.75 },
        { "color": "orange", "value": 0.85 }, { "color": "red", "value": 0.95 },
    ] });
    panel["options"] = options;
    panel["options"]["reduceOptions"] =
        json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
}

fn ranking(panel: &mut Value) {
    panel["type"] = "bargauge".into();
    panel["fieldConfig"]["defaults"]["min"] = 0.into();
    panel["fieldConfig"]["defaults"]["color"] = json!({ "mode": "fixed", "fixedColor": "blue" });
    panel["options"] = json!({
        "displayMode": "basic", "orientation": "horizontal", "showUnfilled": true,
        "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
    });
}

fn limited(panel: &mut Value) {
    timeseries(panel);
    let targets = panel["targets"].as_array().map_or(0, Vec::len);
    let dashed = ('B'..).take(targets.saturating_sub(1)).map(|id| {
        json!({ "matcher": { "id": "byFrameRefID", "options": id.to_string() }, "properties": [
            { "id": "custom.lineStyle", "value": { "fill": "dash", "dash": [8, 8] } },
            { "id": "custom.fillOpacity", "value": 0 },
        ] })
    });
    panel["fieldConfig"]["overrides"] = dashed.collect();
}

fn table(panel: &mut Value, columns: Vec<Column>) {
    let order: serde_json::Map<String, Value> = columns
        .iter()
        .zip(0..)
        .map(|(column, at)| (column.field.to_owned(), Value::from(at)))
        .collect();
    let names: serde_json::Map<String, Value> =
        columns.iter().map(|column| (column.field.to_owned(), column.title.into())).collect();
    let fields: Vec<&str> = columns.iter().map(|column| column.field).collect();
    panel["type"] = "table".into();
    panel["options"] = json!({
        "showHeader": true, "cellHeight": "sm",
        "footer": { "show": false, "reducer": ["sum"], "enablePagination": true },
    });
    panel["transformations"] = json!([
        { "id": "merge", "options": {} },
        { "id": "filterFieldsByName", "options": { "include": { "names": fields } } },
        { "id": "organize", "options": { "indexByName": order, "renameByName": names, "excludeByName": {} } },
    ]);
    panel["fieldConfig"]["defaults"]["custom"] = json!({ "filterable": true });
    panel["fieldConfig"]["overrides"] =
        columns.into_iter().filter_map(Column::into_override).collect();
}

impl Column {
    pub(crate) fn new(field: &'static str, title: &'static str, show: Show) -> Self {
        Column { field, title, show }
    }

    fn into_override(self) -> Option<Value> {
        let properties = match self.show {
            Show::Text => return None,
            Show::Choose(variable) => json!([{ "id": "links", "value": [{
                "title": format!("Show ${{__value.text}}"),
                "url": format!("/d/${{__dashboard.uid}}?${{__url_time_range}}&${{datasource:queryparam}}&${{job:queryparam}}&var-{variable}=${{__value.text}}"),
            }] }]),
            Show::Open(uid, columns) => {
                let variables: String = columns
                    .iter()
                    .map(|(variable, column)| {
                        format!("&var-{variable}=${{__data.fields[\"{column}\"]}}")
                    })
                    .collect();
                json!([{ "id": "links", "value": [{
                    "title": "Open",
                    "url": format!("/d/{uid}?${{__url_time_range}}&${{datasource:queryparam}}&${{job:queryparam}}{variables}"),
                }] }])
            }
            Show::Visit(pages) => {
                let links: Vec<_> = pages
                    .iter()
                    .map(|(title, url)| json!({ "title": title, "url": url, "targetBlank": true }))
                    .collect();
                json!([{ "id": "links", "value": links }])
            }
            Show::Number(unit) => json!([{ "id": "unit", "value": unit.name() }]),
            Show::Words(list) => json!([
                { "id": "mappings", "value": words(list) },
                { "id": "custom.cellOptions", "value": { "type": "color-background", "mode": "basic" } },
            ]),
        };
        Some(
            json!({ "matcher": { "id": "byName", "options": self.title }, "properties": properties }),
        )
    }
}

fn words(list: &[(u8, &str, Colour)]) -> Value {
    let options: serde_json::Map<String, Value> = list
        .iter()
        .zip(0..)
        .map(|((number, word, colour), at)| {
            (number.to_string(), json!({ "text": word, "color": colour.name(), "index": at }))
        })
        .collect();
    json!([{ "type": "value", "options": options }])
}

impl Colour {
    fn name(self) -> &'static str {
        match self {
            Colour::Green => "green",
            Colour::Yellow => "yellow",
            Colour::Orange => "orange",
            Colour::Red => "red",
            Colour::Purple => "purple",
        }
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::None => "short",
            Unit::Seconds => "s",
            Unit::Bytes => "bytes",
            Unit::Ratio => "percentunit",
            Unit::PerSecond => "cps",
            Unit::BitsPerSecond => "bps",
            Unit::BytesPerSecond => "Bps",
            Unit::Watts => "watt",
            Unit::Ago => "dateTimeFromNow",
        }
    }
}
