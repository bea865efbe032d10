//! An emulated screen as SVG: what the README shows is what the program drew.

use std::fmt::Write;

const CELL: (f32, f32) = (8.4, 18.0);
/// The sixteen colours of a common dark terminal.
const PALETTE: [&str; 16] = [
    "#1e1e1e", "#f2777a", "#99cc99", "#ffcc66", "#6699cc", "#cc99cc", "#66cccc", "#d3d0c8", "#747369", "#f2777a",
    "#99cc99", "#ffcc66", "#6699cc", "#cc99cc", "#66cccc", "#ffffff",
];

pub fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (f32::from(columns) * CELL.0 + 16.0, f32::from(rows) * CELL.1 + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        PALETTE[0]
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let Some(cell) = screen.cell(row, column) else { break };
            let look = Look::of(cell);
            let mut text = String::new();
            let start = column;
            // cells of one look are one piece: a wide one stands alone, so that columns stay what they are
            while let Some(next) = screen.cell(row, column).filter(|c| Look::of(c) == look) {
                let shown = next.contents();
                text.push_str(if shown.is_empty() { " " } else { shown });
                column += 1;
                if !shown.is_ascii() || text.len() != usize::from(column - start) {
                    break;
                }
            }
            piece(&mut out, &look, (start, column - start), row, &text);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn colour(colour: vt100::Color, default: &'static str) -> &'static str {
    match colour {
        vt100::Color::Default | vt100::Color::Rgb(..) => default,
        vt100::Color::Idx(i) => PALETTE.get(usize::from(i)).copied().unwrap_or(default),
    }
}

/// How a cell is drawn.
#[derive(PartialEq, Eq)]
struct Look {
    front: &'static str,
    back: &'static str,
    bold: bool,
    dim: bool,
}

impl Look {
    fn of(cell: &vt100::Cell) -> Self {
        let (mut front, mut back) = (colour(cell.fgcolor(), PALETTE[7]), colour(cell.bgcolor(), PALETTE[0]));
        if cell.inverse() {
            std::mem::swap(&mut front, &mut back);
        }
        Self { front, back, bold: cell.bold(), dim: cell.dim() }
    }
}

fn piece(out: &mut String, look: &Look, (column, columns): (u16, u16), row: u16, text: &str) {
    let (x, y) = (f32::from(column) * CELL.0 + 8.0, f32::from(row) * CELL.1 + 8.0);
    if look.back != PALETTE[0] {
        let (width, height) = (f32::from(columns) * CELL.0 + 0.5, CELL.1);
        writeln!(out, "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{}\"/>", look.back)
            .expect("text grows");
    }
    let before = text.len() - text.trim_start().len();
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let x = x + f32::from(u16::try_from(before).expect("columns")) * CELL.0;
    let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
    let dim = if look.dim { " opacity=\"0.6\"" } else { "" };
    let long = if text.is_ascii() && text.len() > 1 {
        let width = f32::from(u16::try_from(text.len()).expect("columns")) * CELL.0;
        format!(" textLength=\"{width:.1}\" xml:space=\"preserve\"")
    } else {
        String::new()
    };
    let shown = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (y, front) = (y + 14.0, look.front);
    writeln!(out, "<text x=\"{x:.1}\" y=\"{y}\" fill=\"{front}\"{weight}{dim}{long}>{shown}</text>")
        .expect("text grows");
}
