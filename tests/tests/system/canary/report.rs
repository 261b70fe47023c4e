//! What was searched, how much of it, and what was found: a table for people.

use super::search::Searcher;
use segnalalo_tests::harness::root;
use std::{collections::BTreeMap, fs, path::Path};

const BEGIN: &str = "<!-- what the canary test searched: generated, `REWRITE=1 cargo test -p segnalalo-tests --test system canary` writes it -->\n";
const END: &str = "<!-- end of what it searched -->";

/// One place's row.
#[derive(Debug, Default)]
struct Row {
    /// Files, messages, answers.
    pieces: usize,
    bytes: usize,
    found: Vec<String>,
}

pub struct Report<'a> {
    searcher: &'a Searcher,
    rows: BTreeMap<&'static str, Row>,
    order: Vec<&'static str>,
}

impl<'a> Report<'a> {
    pub fn new(searcher: &'a Searcher) -> Self {
        Self { searcher, rows: BTreeMap::new(), order: Vec::new() }
    }

    pub fn finds(&self, bytes: &[u8], kinds: &[&str]) -> bool {
        self.searcher.finds(bytes, kinds)
    }

    /// Searches one piece of a place; `named` is which.
    pub fn look(&mut self, place: &'static str, named: &str, bytes: &[u8]) {
        if !self.rows.contains_key(place) {
            self.order.push(place);
        }
        let row = self.rows.entry(place).or_default();
        row.pieces += 1;
        row.bytes += bytes.len();
        for hit in self.searcher.find(bytes) {
            row.found.push(format!(
                "{named}: {}{}",
                self.searcher.tell(&hit),
                context(bytes, &self.searcher.canaries[hit.0].bytes)
            ));
        }
    }

    /// Every file below a folder, and its name.
    pub fn look_below(&mut self, place: &'static str, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.look_below(place, &path);
            } else {
                self.look_at(place, &path);
            }
        }
    }

    pub fn look_at(&mut self, place: &'static str, file: &Path) {
        let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        self.look(place, &name, &[name.as_bytes(), b"\n", &bytes].concat());
    }

    /// Every place that was searched, with something in it, and nothing found.
    pub fn assert_clean(&self) {
        for (place, row) in &self.rows {
            assert!(row.bytes > 0, "nothing was searched: {place}");
        }
        let found =
            self.rows.iter().flat_map(|(place, row)| row.found.iter().map(move |what| format!("{place}: {what}")));
        let found = found.collect::<Vec<_>>();
        assert!(found.is_empty(), "{} canaries got out:\n{}", found.len(), found.join("\n"));
    }

    pub fn table(&self) -> String {
        let canaries = self.searcher.canaries.len();
        let mut text =
            String::from("| place | pieces | bytes | canaries looked for | found |\n|---|---|---|---|---|\n");
        for place in &self.order {
            let Row { pieces, bytes, found } = &self.rows[place];
            text += &format!("| {place} | {pieces} | {bytes} | {canaries} | {} |\n", found.len());
        }
        text
    }

    /// docs/privacy.md names the same places; with `rewrite` it gets this run's table.
    pub fn assert_documented(&self, rewrite: bool) {
        let file = root().join("docs/privacy.md");
        let text = fs::read_to_string(&file).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (shown, after) = rest.split_once(END).unwrap();
        if rewrite {
            fs::write(&file, format!("{before}{BEGIN}\n{}\n{END}{after}", self.table())).unwrap();
            return;
        }
        let documented = shown.lines().filter(|line| line.starts_with("| ")).skip(1);
        let documented = documented.map(|line| line.split('|').nth(1).unwrap().trim()).collect::<Vec<_>>();
        assert_eq!(documented, self.order, "REWRITE=1 writes the table in docs/privacy.md anew");
    }
}

/// The letters around a word, when it stands there as it is.
fn context(bytes: &[u8], word: &[u8]) -> String {
    let at = bytes.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word));
    at.map_or_else(String::new, |at| {
        let around = &bytes[at.saturating_sub(160)..bytes.len().min(at + word.len() + 80)];
        format!(" in {}", String::from_utf8_lossy(around))
    })
}
