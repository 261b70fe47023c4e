//! What docs/departments.md shows of the examples stands in them: a page that went its own way would teach what no test ran.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The blocks of a language, each as its lines without indentation.
fn blocks(page: &str, language: &str) -> Vec<Vec<String>> {
    let fence = format!("```{language}\n");
    let bodies = page.split(fence.as_str()).skip(1).filter_map(|rest| rest.split_once("```"));
    bodies.map(|(body, _)| lines(body)).collect()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn what_the_page_on_departments_shows_stands_in_the_examples() {
    let page = fs::read_to_string(docs().join("departments.md")).unwrap();
    let read = |file: &str| lines(&fs::read_to_string(docs().join("examples/departments").join(file)).unwrap());
    let python = vec![read("python/office.py")];
    let rust = ["main.rs", "store.rs", "calls.rs"].map(|file| read(&format!("rust/src/{file}"))).to_vec();
    for (language, files) in [("python", python), ("rust", rust)] {
        let shown = blocks(&page, language);
        assert!(shown.len() > 1, "{language}");
        for block in shown {
            let stands = |file: &Vec<String>| file.windows(block.len()).any(|window| window == block);
            assert!(files.iter().any(stands), "no example has these lines:\n{}", block.join("\n"));
        }
    }
}
