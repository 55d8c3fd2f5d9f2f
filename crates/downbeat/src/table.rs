//! Tables for the terminal: columns as wide as they must be, numbers to the right.

use std::fmt;

/// How a column is set.
#[derive(Clone, Copy, PartialEq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows under a heading.
pub struct Table {
    heads: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(heads: &[(&'static str, Align)]) -> Self {
        Table { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: one cell a column.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| head.to_string()).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.chain(heads.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, width), (_, align)) in row.iter().zip(&widths).zip(&self.heads) {
                if !line.is_empty() {
                    line.push_str("  ");
                }
                match align {
                    Align::Left => line.push_str(&format!("{cell:<width$}")),
                    Align::Right => line.push_str(&format!("{cell:>width$}")),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A duration as it stands on a tape counter: `1:14.182`.
pub fn clock(seconds: f64) -> String {
    let millis = (seconds * 1000.0).round() as u64;
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    if minutes < 60 {
        format!("{minutes}:{:02}.{:03}", rest / 1000, rest % 1000)
    } else {
        format!("{}:{:02}:{:02}.{:03}", minutes / 60, minutes % 60, rest / 1000, rest % 1000)
    }
}

/// A level with one decimal and a sign, `-inf` for silence.
pub fn level(db: f64) -> String {
    if db == f64::NEG_INFINITY { "-inf".to_string() } else { format!("{db:+.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&[("track", Align::Left), ("peak", Align::Right)]);
        table.row(vec!["Bass".into(), level(-6.02)]);
        table.row(vec!["Hi-hats".into(), level(f64::NEG_INFINITY)]);
        assert_eq!(table.to_string(), "track    peak\nBass     -6.0\nHi-hats  -inf\n");
    }

    #[test]
    fn times_read_like_a_counter() {
        assert_eq!(clock(74.181_729), "1:14.182");
        assert_eq!(clock(59.9996), "1:00.000");
        assert_eq!(clock(3_725.5), "1:02:05.500");
    }
}
