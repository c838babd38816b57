//! Thresholds: ranges as the plugin guidelines write them.

/// A range of values and on which side of it the alert is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lower end, belongs to the range; `None` for no end.
    pub low: Option<f64>,
    /// Upper end, belongs to the range; `None` for no end.
    pub high: Option<f64>,
    /// Whether values within the range are alerts (`@`), instead of those without.
    pub inside: bool,
}

impl Range {
    /// Reads `10`, `10:`, `~:10`, `10:20` and each of them behind an `@`.
    pub(super) fn read(text: &str, number: impl Fn(&str) -> Option<f64>) -> Option<Self> {
        let (inside, ends) = match text.strip_prefix('@') {
            Some(ends) => (true, ends),
            None => (false, text),
        };
        let (low, high) = match ends.split_once(':') {
            // A single number is the upper end and the range begins at 0. One below 0 would leave an empty
            // range; who writes it means no lower end.
            None => {
                let high = number(ends)?;
                ((high >= 0.0).then_some(0.0), Some(high))
            }
            Some((low, high)) => {
                let low = match low {
                    "~" => None,
                    "" => Some(0.0),
                    low => Some(number(low)?),
                };
                let high = match high {
                    "" => None,
                    high => Some(number(high)?),
                };
                (low, high)
            }
        };
        let ordered = low.zip(high).is_none_or(|(low, high)| low <= high);
        ordered.then_some(Range { low, high, inside })
    }
}
