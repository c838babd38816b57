//! The text of a digest: how many, and the worst first, as far as there is room.

use super::{Language, one_line, severity_name};
use crate::alert::{Content, Severity};
use crate::store::held::Item;

/// What a digest tells.
#[derive(Debug)]
pub(crate) struct Digest<'a> {
    /// The code that takes on all that is open.
    pub(crate) code: Option<u16>,
    pub(crate) items: &'a [Item],
    /// The worst of them.
    pub(crate) named: &'a [Named],
}

/// One problem that is named.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) severity: Severity,
    pub(crate) open: bool,
    pub(crate) content: Content,
}

impl Digest<'_> {
    /// For example `[DIGEST #7] 3 problems: 2 CRITICAL, 1 WARNING; 1 over. CRITICAL web-1 / http: refused; ..`.
    pub(crate) fn text(&self, language: Language) -> String {
        let Digest { code, items, named } = self;
        let code = code.map(|code| format!(" #{code}")).unwrap_or_default();
        let open = items.iter().filter(|item| item.open).count();
        let over = items.len() - open;
        let by_severity = Severity::ALL.iter().rev().filter_map(|severity| {
            let count = items.iter().filter(|item| item.open && item.severity == *severity).count();
            (count > 0).then(|| format!("{count} {}", severity_name(*severity, language)))
        });
        let by_severity: Vec<_> = by_severity.collect();
        let named: Vec<_> = named.iter().map(|named| named.text(language)).collect();
        match language {
            Language::En => {
                let mut counts = Vec::new();
                if open > 0 {
                    let problems = if open == 1 { "problem" } else { "problems" };
                    counts.push(format!("{open} {problems}: {}", by_severity.join(", ")));
                }
                if over > 0 {
                    counts.push(format!("{over} over"));
                }
                format!("[DIGEST{code}] {}. {}", counts.join("; "), named.join("; "))
            }
            Language::Zh => {
                let mut counts = Vec::new();
                if open > 0 {
                    counts.push(format!("{open} 个问题：{}", by_severity.join("，")));
                }
                if over > 0 {
                    counts.push(format!("{over} 个已恢复"));
                }
                format!("[汇总{code}] {}。{}", counts.join("；"), named.join("；"))
            }
        }
    }
}

impl Named {
    fn text(&self, language: Language) -> String {
        let Named { severity, open, content } = self;
        let title = content.title();
        let (state, colon) = match (open, language) {
            (true, Language::En) => (severity_name(*severity, language), ": "),
            (true, Language::Zh) => (severity_name(*severity, language), "："),
            (false, Language::En) => return format!("over: {title}"),
            (false, Language::Zh) => return format!("已恢复 {title}"),
        };
        let output = one_line(content.output());
        let colon = if output.is_empty() { "" } else { colon };
        format!("{state} {title}{colon}{output}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Pairs;

    fn text(told: &[(Severity, bool)], language: Language) -> String {
        let items: Vec<_> =
            told.iter().map(|&(severity, open)| Item { open, severity, episode: 1 }).collect();
        let named: Vec<_> = told
            .iter()
            .map(|&(severity, open)| Named {
                severity,
                open,
                content: Content {
                    labels: Pairs::from([("host".into(), "web-1".into())]),
                    annotations: Pairs::from([("output".into(), "慢\nslow".into())]),
                    link: String::new(),
                },
            })
            .collect();
        Digest { code: Some(7), items: &items, named: &named }.text(language)
    }

    #[test]
    fn it_names_how_many_and_the_worst() {
        let told = [(Severity::Critical, true), (Severity::Warning, true), (Severity::Info, false)];
        assert_eq!(
            text(&told, Language::En),
            "[DIGEST #7] 2 problems: 1 CRITICAL, 1 WARNING; 1 over. \
             CRITICAL web-1: 慢 slow; WARNING web-1: 慢 slow; over: web-1"
        );
        assert_eq!(
            text(&told, Language::Zh),
            "[汇总 #7] 2 个问题：1 严重，1 警告；1 个已恢复。\
             严重 web-1：慢 slow；警告 web-1：慢 slow；已恢复 web-1"
        );
        assert_eq!(text(&told[2..], Language::En), "[DIGEST #7] 1 over. over: web-1");
        assert!(text(&told[..1], Language::En).starts_with("[DIGEST #7] 1 problem: 1 CRITICAL. "));
    }
}
