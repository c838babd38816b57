//! Reads a pool's database as XAPI writes it to a file.
//!
//! Each row is an element whose attributes are the fields. Two underscores in a name stand for one, sets and maps
//! are S-expressions such as `(('key' 'value'))`, and blanks that XML would lose are written `%_` (two),
//! `%n`, `%r`, `%t`.
//! Rows of classes that `schema.txt` does not know are left out.

use anyhow::{Context as _, bail, ensure};
use std::sync::Arc;

use roxmltree::Document;

use super::Database;
use crate::schema::{self, Kind};
use crate::value::{Fields, Value};

/// Reads the text of a database file.
pub(crate) fn read(text: &str) -> anyhow::Result<Database> {
    let document = Document::parse(text).context("not XML")?;
    let root = document.root_element();
    ensure!(root.has_tag_name("database"), "root is not `database`");
    let mut database = Database::default();
    for table in root.children().filter(|node| node.has_tag_name("table")) {
        let name = table.attribute("name").unwrap_or_default();
        let Some(class) = schema::classes().find(|class| *class == name) else { continue };
        for row in table.children().filter(|node| node.has_tag_name("row")) {
            let reference = row.attribute("ref").with_context(|| format!("{class}: no ref"))?;
            let mut fields = Vec::new();
            for attribute in row.attributes() {
                if matches!(attribute.name(), "ref" | "_ref" | "__ctime" | "__mtime") {
                    continue;
                }
                let name = attribute.name().replace("__", "_");
                let value = field(class, &name, &unescape(attribute.value()))
                    .with_context(|| format!("{class} {reference}: {name}"))?;
                fields.push((name.into(), value));
            }
            database.insert(class, reference.into(), fields.into_iter().collect::<Fields>());
        }
    }
    Ok(database)
}

fn field(class: &str, name: &str, text: &str) -> anyhow::Result<Value> {
    match schema::kind(class, name) {
        Some(kind) => typed(kind, text),
        // A field of another version: its look says whether it is a set or a map.
        None => match Expression::parse(text) {
            Ok(Expression::List(items)) => {
                let pairs = items.iter().all(|item| matches!(item, Expression::List(_)));
                of(if pairs && !items.is_empty() { Kind::Map } else { Kind::Set }, &items)
            }
            _ => Ok(Value::text(text)),
        },
    }
}

fn typed(kind: Kind, text: &str) -> anyhow::Result<Value> {
    Ok(match kind {
        Kind::Text | Kind::Ref => Value::text(text),
        Kind::Time => Value::time(text),
        Kind::Bool => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => bail!("{text:?}, expected true or false"),
        },
        Kind::Int => {
            Value::Int(text.parse().with_context(|| format!("{text:?}, expected an integer"))?)
        }
        Kind::Float => {
            Value::Float(text.parse().with_context(|| format!("{text:?}, expected a number"))?)
        }
        Kind::Set | Kind::IntSet | Kind::Map | Kind::IntMap | Kind::FloatMap | Kind::SetMap => {
            match Expression::parse(text)? {
                Expression::List(items) => of(kind, &items)?,
                Expression::Text(_) => bail!("{text:?}, expected a list"),
            }
        }
    })
}

/// A set or a map of these.
fn of(kind: Kind, items: &[Expression]) -> anyhow::Result<Value> {
    let value = |expression: &Expression| match expression {
        Expression::Text(text) => typed(kind.inner(), text),
        Expression::List(items) => of(Kind::Set, items),
    };
    if matches!(kind, Kind::Set | Kind::IntSet) {
        return Ok(Value::Set(items.iter().map(value).collect::<Result<_, _>>()?));
    }
    let mut pairs = Vec::new();
    for item in items {
        let Expression::List(pair) = item else { bail!("expected pairs, got {item:?}") };
        let [Expression::Text(name), inner] = pair.as_slice() else {
            bail!("expected a name and a value, got {pair:?}");
        };
        pairs.push((name.as_str().into(), value(inner)?));
    }
    Ok(Value::Map(Arc::new(pairs.into_iter().collect())))
}

/// Gives back the blanks.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => match letters.next() {
                Some('_') => plain.push_str("  "),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => plain.push('%'),
            },
            letter => plain.push(letter),
        }
    }
    plain
}

#[derive(Debug, PartialEq)]
enum Expression {
    Text(String),
    List(Vec<Expression>),
}

impl Expression {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut letters = text.chars().peekable();
        let mut open = Vec::new();
        let mut items = Vec::new();
        while let Some(letter) = letters.next() {
            match letter {
                ' ' | '\n' | '\t' | '\r' => {}
                '(' => open.push(std::mem::take(&mut items)),
                ')' => {
                    let outer = open.pop().context("a parenthesis too many")?;
                    let list = Self::List(std::mem::replace(&mut items, outer));
                    items.push(list);
                }
                quote @ ('\'' | '"') => {
                    let mut word = String::new();
                    loop {
                        match letters.next().context("a quote is not closed")? {
                            letter if letter == quote => break,
                            '\\' => word.extend(letters.next()),
                            letter => word.push(letter),
                        }
                    }
                    items.push(Self::Text(word));
                }
                letter => {
                    let mut word = String::from(letter);
                    while let Some(letter) =
                        letters.next_if(|letter| !matches!(letter, ' ' | '(' | ')' | '\n'))
                    {
                        word.push(letter);
                    }
                    items.push(Self::Text(word));
                }
            }
        }
        ensure!(open.is_empty(), "a parenthesis is not closed");
        match (items.pop(), items.is_empty()) {
            (Some(item), true) => Ok(item),
            _ => bail!("{text:?}, expected one expression"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_records() {
        let database = read(
            r#"<database><manifest/><table name="session"><row ref="x"/></table><table name="VM">
            <row ref="OpaqueRef:1" _ref="OpaqueRef:1" __mtime="5" name__label="CPU%_ three%n100%%" VCPUs__max="2"
             is_a_template="false" consoles="('OpaqueRef:2' 'OpaqueRef:3')" domid="-1" HVM__shadow_multiplier="1"
             other_config="(('perfmon' '&lt;config a=\&quot;1\&quot;/&gt;') (&quot;it's&quot; ''))"
             unknown="(('a' 'b'))"
             snapshot_time="19700101T00:00:00Z"/></table></database>"#,
        )
        .unwrap();
        assert_eq!(database.count("session"), 0);
        let vm = database.get("VM", "OpaqueRef:1").unwrap();
        assert_eq!(vm.text("name_label"), "CPU   three\n100%");
        assert_eq!(vm.int("VCPUs_max"), 2);
        assert_eq!(vm.get("HVM_shadow_multiplier"), Some(&Value::Float(1.0)));
        assert_eq!(vm.get("is_a_template"), Some(&Value::Bool(false)));
        assert_eq!(vm.get("consoles"), Some(&Value::texts(["OpaqueRef:2", "OpaqueRef:3"])));
        let other = [("perfmon", Value::text("<config a=\"1\"/>")), ("it's", Value::text(""))];
        assert_eq!(vm.get("other_config"), Some(&Value::map(other)));
        assert_eq!(vm.get("unknown"), Some(&Value::map([("a", Value::text("b"))])));
        assert_eq!(vm.get("snapshot_time"), Some(&Value::time("19700101T00:00:00Z")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |row: &str| {
            let text =
                format!("<database><table name=\"VM\"><row ref=\"r\" {row}/></table></database>");
            format!("{:#}", read(&text).err().unwrap())
        };
        assert_eq!(
            wrong("is_a_template=\"yes\""),
            "VM r: is_a_template: \"yes\", expected true or false"
        );
        assert_eq!(wrong("consoles=\"('a'\""), "VM r: consoles: a parenthesis is not closed");
    }
}
