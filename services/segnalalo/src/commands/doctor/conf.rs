//! What the broker's configuration says of its store. nats-server tells it to nobody over the connection that its clients
//! have, so its file is read: the one it is started with, as far as it is seen from here.

/// Of the block `jetstream`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    /// `sync_interval`; nothing: every two minutes.
    pub sync_interval: Option<String>,
    /// `cipher`, and that there is a `key`.
    pub cipher: Option<String>,
}

impl Store {
    pub fn read(text: &str) -> Self {
        let text = without_comments(text);
        let mut store = Self::default();
        let mut key = false;
        for (name, value) in settings(block(&text, "jetstream")) {
            match name.as_str() {
                "sync_interval" | "sync" => store.sync_interval = Some(value),
                "cipher" => store.cipher = Some(value),
                "key" | "ek" | "encryption_key" => key = !value.is_empty(),
                _ => {}
            }
        }
        store.cipher = store.cipher.filter(|_| key);
        store
    }

    /// What is acknowledged is on the disk.
    pub fn syncs_always(&self) -> bool {
        self.sync_interval.as_deref().is_some_and(|interval| interval.eq_ignore_ascii_case("always"))
    }
}

/// `#` and `//` begin one, but in quotes.
fn without_comments(text: &str) -> String {
    let strip = |line: &str| {
        let mut quote = None;
        let mut before = ' ';
        for (at, letter) in line.char_indices() {
            match (quote, letter) {
                (None, '"' | '\'') => quote = Some(letter),
                (Some(open), letter) if open == letter => quote = None,
                (None, '#') => return line[..at].to_owned(),
                (None, '/') if before == '/' => return line[..at - 1].to_owned(),
                _ => {}
            }
            before = letter;
        }
        line.to_owned()
    };
    text.lines().map(strip).collect::<Vec<_>>().join("\n")
}

/// Between the braces after a name; empty when there are none.
fn block<'t>(text: &'t str, name: &str) -> &'t str {
    for (at, _) in text.match_indices(name) {
        let whole = !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let rest =
            text[at + name.len()..].trim_start_matches(|letter: char| letter.is_whitespace() || ":=".contains(letter));
        if let Some(inside) = rest.strip_prefix('{').filter(|_| whole) {
            let mut depth = 1;
            for (end, letter) in inside.char_indices() {
                depth += i32::from(letter == '{') - i32::from(letter == '}');
                if depth == 0 {
                    return &inside[..end];
                }
            }
            return inside;
        }
    }
    ""
}

/// `name: value`, `name = value` or `name value`.
fn settings(block: &str) -> impl Iterator<Item = (String, String)> {
    block.split(['\n', ',', ';']).filter_map(|line| {
        let line = line.trim();
        let end = line.find(|letter: char| letter.is_whitespace() || ":=".contains(letter))?;
        let value = line[end..].trim_matches(|letter: char| letter.is_whitespace() || ":=\"'".contains(letter));
        Some((line[..end].to_ascii_lowercase(), value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_file_syncs_and_encrypts() {
        let store = Store::read(include_str!("../../../../../deploy/nats.conf"));
        assert!(store.syncs_always(), "{store:?}");
        assert_eq!(store.cipher.as_deref(), Some("chachapoly"));
    }

    #[test]
    fn what_is_commented_out_or_elsewhere_does_not_count() {
        let sync = |text: &str| Store::read(text).sync_interval;
        assert_eq!(sync("jetstream { # sync_interval: always\n}\n"), None);
        assert_eq!(sync("jetstream {\n // sync_interval: always\n sync_interval: \"10s\" }"), Some("10s".to_owned()));
        assert_eq!(sync("jetstream = { max_file_store: 1GB, sync_interval = Always }"), Some("Always".to_owned()));
        assert_eq!(sync("sync_interval: always\njetstream: enabled\n"), None);
        assert_eq!(sync("other_jetstream { sync_interval: always }"), None);
        assert_eq!(sync("jetstream { a { b: 1 }\n sync_interval always\n key: \"a//b\" }"), Some("always".to_owned()));
        assert_eq!(Store::read("jetstream { cipher: aes }").cipher, None, "without a key it isn't used");
    }
}
