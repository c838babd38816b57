//! A message's text as the configuration arranges it, instead of the default.
//!
//! What a template asks for and an alert does not have is empty.

use anyhow::Context as _;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use crate::alert::Content;

const NAME: &str = "template";

/// A template that was tried once.
#[derive(Debug)]
pub(crate) struct Template(Environment<'static>);

/// What a template can use, besides the labels and annotations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    /// The severity, or how it changed, or how it ended, in the reader's language.
    pub(crate) tag: &'a str,
    /// By which a reply takes the problem on.
    pub(crate) code: Option<u16>,
    pub(crate) title: &'a str,
    /// The output in one line; of an end how long it was.
    pub(crate) detail: &'a str,
    pub(crate) time: &'a str,
}

impl Template {
    /// Reads a template and tries it.
    ///
    /// # Errors
    /// Where the template is wrong, or does what cannot be done.
    pub(crate) fn new(source: String) -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.add_template_owned(NAME, source).context("template")?;
        let template = Template(environment);
        let words = Words { tag: "WARNING", code: Some(7), title: "host", detail: "", time: "" };
        template.render(words, &Content::default()).context("template")?;
        Ok(template)
    }

    /// The text of one message.
    ///
    /// # Errors
    /// When the template does something with this alert's texts that cannot be done.
    pub(crate) fn render(
        &self,
        words: Words<'_>,
        content: &Content,
    ) -> Result<String, minijinja::Error> {
        let Words { tag, code, title, detail, time } = words;
        let Content { labels, annotations, link } = content;
        let values = context! { tag, code, title, detail, time, labels, annotations, link };
        self.0.get_template(NAME)?.render(values)
    }
}
