//! Text in lines of a width that a screen has.

use segnalalo_kit::config::Vars;

const DEFAULT_WIDTH: usize = 120;
const LEAST_WIDTH: usize = 60;

/// Letters in a line: `COLUMNS`, which shells may export.
pub fn width(vars: &Vars) -> usize {
    vars.parsed("COLUMNS", DEFAULT_WIDTH).unwrap_or(DEFAULT_WIDTH).max(LEAST_WIDTH)
}

/// Lines of at most `width` letters, each behind `indent` spaces; words longer than a line stay whole.
pub fn wrap(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.iter().map(|line| format!("{margin}{line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The text in one line of at most `width` letters.
pub fn shorten(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width {
        return line;
    }
    let kept: String = line.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_next_line_and_paragraphs_stay_apart() {
        let text = wrap("una buca molto larga in via Italia\n\ngrazie", 2, 22);
        assert_eq!(text, "  una buca molto larga\n  in via Italia\n\n  grazie");
    }

    #[test]
    fn what_is_too_long_is_cut_with_an_ellipsis() {
        assert_eq!(shorten("una  buca\nlarga", 20), "una buca larga");
        assert_eq!(shorten("una buca larga", 9), "una buca…");
    }
}
