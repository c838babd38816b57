//! The texts of a definition, each checked once: what Nagios would read as something else, or hand to a shell
//! as something else, is no name, no address and no check.
//!
//! Nagios puts names and addresses into the command lines of plugins, which a shell reads.

use std::fmt;
use std::str::FromStr;

/// Debian's `illegal_object_name_chars`, and what begins a comment or joins lines in Nagios' files.
const ILLEGAL_IN_NAMES: &str = "`~!$%^&*|'\"<>?,()=;\\";
/// The same for a text that is no name: `illegal_macro_output_chars`.
const ILLEGAL_IN_ALIASES: &str = "`~$&|'\"<>;\\";
/// What could end a word or a quoted text of a shell.
const ILLEGAL_IN_ARGUMENTS: &str = "`&|'\"<>();\\";
/// The longest file name, with room for each byte of the text written as three.
const LONGEST_NAME: usize = 80;

/// Name of a host, service, template, group or command.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

/// What people call a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias(String);

/// Where a host is: an IP address or a name of the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

/// A service: `[SERVICE=]COMMAND[!ARGUMENT]...`. Without a name of its own it is called as its command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// `service_description`.
    pub(super) service: Name,
    /// `check_command`, with its arguments.
    pub(super) command: String,
}

impl Name {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a part of a file name or of a URL's query: letters, digits and `-_.`, others as `%XX`.
    pub(super) fn escaped(&self) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let escape = |(at, byte): (usize, u8)| match byte {
            _ if plain(byte) || (byte == b'.' && at > 0) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        self.0.bytes().enumerate().map(escape).collect()
    }
}

impl Alias {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Address {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a host of this address is the same one: `::1` is `0:0::1`, and names have no case.
    pub(super) fn is(&self, other: &str) -> bool {
        let ip = |text: &str| text.parse::<std::net::IpAddr>().ok();
        match (ip(&self.0), ip(other)) {
            (Some(this), Some(that)) => this == that,
            _ => self.0.eq_ignore_ascii_case(other),
        }
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        plain(text, ILLEGAL_IN_NAMES)?;
        if text.len() > LONGEST_NAME {
            return Err(format!("is {} bytes long, expected {LONGEST_NAME} at most", text.len()));
        }
        if text.starts_with(['-', '+']) {
            return Err(format!("{text:?} begins with a sign that programs take for an option"));
        }
        Ok(Name(text.into()))
    }
}

impl FromStr for Alias {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        plain(text, ILLEGAL_IN_ALIASES)?;
        Ok(Alias(text.into()))
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || ".:_-%".contains(c);
        let begins = |c: char| c.is_ascii_alphanumeric() || c == ':';
        if !text.starts_with(begins) || !text.chars().all(fits) || text.len() > 253 {
            return Err(format!("{text:?}: expected an IP address or a name of the DNS"));
        }
        Ok(Address(text.into()))
    }
}

impl FromStr for Check {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (head, arguments) = text.split_once('!').unwrap_or((text, ""));
        let (service, command) = head.split_once('=').unwrap_or((head, head));
        let name = |what, text: &str| text.parse::<Name>().map_err(|why| format!("{what} {why}"));
        name("the command", command)?;
        check_arguments(arguments)?;
        let command = text.split_once('=').filter(|(name, _)| *name == service && head != command);
        let command = command.map_or(text, |(_, command)| command).to_owned();
        Ok(Check { service: name("the service", service)?, command })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// With quotes, as an error shows it.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn check_arguments(arguments: &str) -> Result<(), String> {
    if !arguments.is_empty() {
        plain(arguments, ILLEGAL_IN_ARGUMENTS).map_err(|why| {
            format!("the arguments: {why}: such a check needs a command definition of its own")
        })?;
    }
    let macro_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c))
    };
    let parts: Vec<&str> = arguments.split('$').collect();
    if parts.len().is_multiple_of(2)
        || !parts.iter().skip(1).step_by(2).all(|part| macro_name(part))
    {
        return Err(format!(
            "the arguments {arguments:?}: expected $ only around a macro's name, as in $HOSTADDRESS$"
        ));
    }
    Ok(())
}

/// One line of text that is read back as it was written.
fn plain(text: &str, illegal: &str) -> Result<(), String> {
    if let Some(found) = text.chars().find(|c| c.is_control() || illegal.contains(*c)) {
        return Err(format!(
            "{text:?} has {found:?}, expected none of {illegal} and no control character"
        ));
    }
    if text.trim() != text || text.is_empty() || text == "null" {
        return Err(format!("{text:?}: expected a text, not \"null\", without blanks around it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_that_nagios_or_a_shell_reads() {
        for name in ["web-1", "web server", "北京 #2", "a{b}", "10.0.0.1", "x:y/z"] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
        let wrong = [
            "", " a", "a ", "null", "a;b", "a\nb", "a\\", "a\u{7f}", "a$(id)", "a`id`", "a,b",
            "a!b", "a=b", "-x", "+x", "a\u{85}b",
        ];
        for name in wrong.into_iter().chain([&*"x".repeat(81)]) {
            assert!(name.parse::<Name>().is_err(), "{name:?}");
        }
        assert!("a\nb".parse::<Name>().unwrap_err().contains(r#""a\nb" has '\n'"#));
    }

    #[test]
    fn a_name_becomes_a_file_name_of_its_own() {
        let escaped = |name: &str| name.parse::<Name>().unwrap().escaped();
        assert_eq!(escaped("web-1.example"), "web-1.example");
        assert_eq!(escaped("../x y"), "%2E.%2Fx%20y");
        assert_eq!(escaped("é"), "%C3%A9");
    }

    #[test]
    fn addresses_are_words_of_the_dns_or_ip() {
        for address in ["192.0.2.1", "::1", "fe80::1%eth0", "db-1.example"] {
            assert_eq!(address.parse::<Address>().unwrap().as_str(), address);
        }
        for wrong in ["", "-V", "a b", "a;b", "$(id)", "a\nb", "a/b"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong:?}");
        }
        let is = |a: &str, b: &str| a.parse::<Address>().unwrap().is(b);
        assert!(is("::1", "0:0:0::1") && is("Web.example", "web.example") && !is("a", "b"));
    }

    #[test]
    fn a_check_is_a_command_with_arguments_and_perhaps_a_name() {
        let check = |text: &str| {
            let Check { service, command } = text.parse::<Check>().unwrap();
            (service.0, command)
        };
        let of = |service: &str, command: &str| (service.to_owned(), command.to_owned());
        assert_eq!(check("ping"), of("ping", "ping"));
        assert_eq!(check("check-http!80"), of("check-http", "check-http!80"));
        assert_eq!(check("a page=check-http!80"), of("a page", "check-http!80"));
        assert_eq!(check("check-x!--url=/a b!2%"), of("check-x", "check-x!--url=/a b!2%"));
        assert_eq!(check("same=same!-H $HOSTADDRESS$"), of("same", "same!-H $HOSTADDRESS$"));
        for wrong in [
            "", "=ping", "ping=", "a=b=c", "x!`id`", "x!$(id)", "x!$", "x!$$", "x!a;b", "x!a\nb",
            "x!a\\", "x!'", "x!$A b$",
        ] {
            assert!(wrong.parse::<Check>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_alias_is_a_text_of_one_line() {
        for alias in ["Web (Berlin), rack 3: 50% = half!", "北京"] {
            assert_eq!(alias.parse::<Alias>().unwrap().as_str(), alias);
        }
        for wrong in ["", "a;b", "a\nb", "a\\", "a$b", "\"a\""] {
            assert!(wrong.parse::<Alias>().is_err(), "{wrong:?}");
        }
    }
}
