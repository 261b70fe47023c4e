//! Columns under their heads, as wide as they must be; the last takes what is left of the line.

use super::wrap::shorten;

const GAP: usize = 2;
/// The last column keeps at least this.
const LEAST: usize = 20;

/// Rows have as many cells as there are heads.
pub fn table(heads: &[String], rows: &[Vec<String>], width: usize) -> String {
    let letters = |text: &String| text.chars().count();
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| letters(&row[column]));
        cells.chain([letters(&heads[column])]).max().unwrap_or(0)
    };
    let widths = (0..heads.len()).map(widest).collect::<Vec<_>>();
    let before: usize = widths.iter().take(heads.len().saturating_sub(1)).map(|width| width + GAP).sum();
    let room = width.saturating_sub(before).max(LEAST);
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            if column + 1 == cells.len() {
                line.push_str(&shorten(cell, room));
            } else {
                line.push_str(cell);
                line.push_str(&" ".repeat(widths[column] + GAP - letters(cell)));
            }
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(heads)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_heads_and_the_last_is_cut() {
        let cells = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
        let heads = cells(["codice", "stato", "di che si tratta"]);
        let rows = [cells(["S-1", "già risolta", "una buca larga e profonda in via Italia"]), cells(["S-22", "—", ""])];
        assert_eq!(
            table(&heads, &rows, 45),
            "codice  stato        di che si tratta\n\
             S-1     già risolta  una buca larga e profon…\n\
             S-22    —"
        );
    }
}
