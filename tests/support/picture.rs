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
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else { continue };
            if !cell.has_contents() && !cell.inverse() {
                continue;
            }
            let (mut front, mut back) = (colour(cell.fgcolor(), PALETTE[7]), colour(cell.bgcolor(), PALETTE[0]));
            if cell.inverse() {
                std::mem::swap(&mut front, &mut back);
            }
            let (x, y) = (f32::from(column) * CELL.0 + 8.0, f32::from(row) * CELL.1 + 8.0);
            if back != PALETTE[0] {
                let (width, height) = (CELL.0 + 0.5, CELL.1);
                writeln!(out, "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{back}\"/>")
                    .expect("text grows");
            }
            let text = cell.contents();
            if text.trim().is_empty() {
                continue;
            }
            let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
            let dim = if cell.dim() { " opacity=\"0.6\"" } else { "" };
            let shown = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let y = y + 14.0;
            writeln!(out, "<text x=\"{x:.1}\" y=\"{y}\" fill=\"{front}\"{weight}{dim}>{shown}</text>")
                .expect("text grows");
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
