use super::*;
use crate::rrd::Owner;

const UUID: &str = "54a17e93-a7f6-4c62-b8f9-9e81ad3ade1c";

fn document(rows: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><xport><meta><start>1000</start><step>5</step><end>1010</end>\
         <rows>2</rows><columns>2</columns><legend><entry>AVERAGE:host:{UUID}:cpu0</entry>\
         <entry>AVERAGE:vm:{UUID}:cpu0</entry></legend></meta><data>{rows}</data></xport>"
    )
}

const ROWS: &str =
    "<row><t>1010</t><v>0.5</v><v>1</v></row><row><t>1005</t><v>NaN</v><v>2.25</v></row>";

fn parse(text: &str) -> Result<Parser, RrdError> {
    let mut parser = Parser::default();
    parser.begin();
    parser.push(text.as_bytes())?;
    parser.finish()?;
    Ok(parser)
}

/// Times and values, NaN as -1.
fn rows(update: &Update) -> Vec<(i64, Vec<f64>)> {
    let plain = |value: &f64| if value.is_nan() { -1.0 } else { *value };
    update.newest_first().map(|row| (row.time, row.values.iter().map(plain).collect())).collect()
}

#[test]
fn header_legend_and_rows_are_read() {
    let mut parser = parse(&document(ROWS)).unwrap();
    let update = parser.finish().unwrap();
    assert_eq!((update.step, update.end, update.skipped_rows), (5, 1010, 0));
    assert_eq!(rows(update), [(1010, vec![0.5, 1.0]), (1005, vec![-1.0, 2.25])]);
    let owners: Vec<_> = update.legend.columns().map(|(_, column)| column.owner).collect();
    assert!(matches!(owners[..], [Owner::Host(_), Owner::Vm(_)]));
}

#[test]
fn however_the_bytes_are_cut_the_answer_is_the_same() {
    let text = document(ROWS).replace("?><xport", "?>\\n<!-- a > b --><xport");
    let mut whole = parse(&text).unwrap();
    let wanted = rows(whole.finish().unwrap());
    let mut parser = Parser::default();
    for size in 1..text.len() {
        parser.begin();
        for piece in text.as_bytes().chunks(size) {
            parser.push(piece).unwrap();
        }
        let update = parser.finish().unwrap();
        assert_eq!(rows(update), wanted, "pieces of {size}");
        assert_eq!(update.legend.len(), 2);
    }
}

#[test]
fn the_legend_is_shared_between_answers_and_rows_are_not() {
    let mut parser = parse(&document(ROWS)).unwrap();
    let legend = parser.finish().unwrap().legend.clone();
    parser.begin();
    parser.push(document("<row><t>1015</t><v>3</v><v>4</v></row>").as_bytes()).unwrap();
    let update = parser.finish().unwrap();
    assert!(Arc::ptr_eq(&legend, &update.legend));
    assert_eq!(rows(update), [(1015, vec![3.0, 4.0])]);
}

#[test]
fn whitespace_unknown_elements_and_empty_values_do_no_harm() {
    let text = document("<row><t>1010.0</t><v/><v>odd</v><x>1</x></row>").replace("><", ">\n <");
    let mut parser = parse(&text).unwrap();
    assert_eq!(rows(parser.finish().unwrap()), [(1010, vec![-1.0, -1.0])]);
}

#[test]
fn rows_that_do_not_fit_are_left_out_and_counted() {
    let text = document(
        "<row><t>1010</t><v>1</v></row><row><t>1010</t><v>1</v><v>2</v><v>3</v></row>\
         <row><v>1</v><v>2</v></row><row><t>1010</t><v>1</v><v>2</v></row>\
         <row><t>1010</t><v>8</v><v>8</v></row><row><t>1005</t><v>3</v><v>4</v></row>",
    );
    let mut parser = parse(&text).unwrap();
    let update = parser.finish().unwrap();
    assert_eq!(update.skipped_rows, 4);
    assert_eq!(rows(update), [(1010, vec![1.0, 2.0]), (1005, vec![3.0, 4.0])]);
}

#[test]
fn an_answer_without_rows_or_columns_is_one() {
    assert_eq!(parse(&document("")).unwrap().finish().unwrap().rows(), 0);
    let empty = "<xport><meta><step>5</step><end>1</end><legend/></meta><data/></xport>";
    let mut parser = parse(empty).unwrap();
    assert!(parser.finish().unwrap().legend.is_empty());
}

#[test]
fn what_is_no_answer_is_told() {
    let failed = |text: &str| parse(text).map(drop).unwrap_err().to_string();
    assert_eq!(failed("<html><body/></html>"), "the answer begins with <html>, expected <xport>");
    assert_eq!(failed(""), "the answer ends within the prologue");
    let step = document(ROWS).replace("<step>5", "<step>five");
    assert!(failed(&step).contains("step: \"five\""), "{}", failed(&step));
    let none = document(ROWS).replace("<step>5</step>", "");
    assert!(failed(&none).contains("step"), "{}", failed(&none));
    let text = document(ROWS);
    let (start, end) = (text.find("<xport>").unwrap(), text.find("</data>").unwrap());
    for cut in 0..end {
        let error = parse(&text[..cut]).map(drop).unwrap_err();
        assert!(matches!(error, RrdError::Truncated(_)), "{cut} of {start}: {error}");
    }
}

#[test]
fn an_answer_without_bounds_is_refused() {
    let limits = Limits { columns: 2, rows: 1, values: 2 };
    let parse = |text: &str| {
        let mut parser = Parser::with_limits(limits);
        parser.begin();
        parser.push(text.as_bytes())?;
        parser.finish().map(|update| update.rows())
    };
    assert_eq!(parse(&document(ROWS)), Ok(1), "the newest row is kept");
    let columns = document(ROWS).replace("</legend>", "<entry>a</entry></legend>");
    assert!(matches!(parse(&columns), Err(RrdError::TooMuch { what: "columns", .. })));
    let endless = format!("<xport><meta><legend><entry>{}", "a".repeat(LONGEST));
    assert!(matches!(parse(&endless), Err(RrdError::TooMuch { .. })));
    let endless = format!("<xport><meta><step>5</step></meta><data><row>{}", "<v>1</v>".repeat(9));
    assert!(matches!(parse(&endless), Err(RrdError::Truncated(_))), "no column, no value kept");
}
