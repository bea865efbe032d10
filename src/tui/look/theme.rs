//! The colours of a theme. Plain ones are the terminal's own; the others are of the 256 that do not move, each readable
//! on every background of its kind.

use ratatui::style::Color;

use super::Tone;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own sixteen: they follow its palette, whatever its background is.
    #[default]
    Plain,
    /// For a dark background.
    Dark,
    /// For a light one.
    Light,
}

impl Theme {
    /// The colour of a tone. None: the terminal's usual one.
    pub const fn color(self, tone: Tone) -> Option<Color> {
        let [plain, dark, light] = match tone {
            Tone::Plain | Tone::Strong => return None,
            // plain: dimmed by its modifier
            Tone::Dim => [Color::Reset, Color::Indexed(248), Color::Indexed(240)],
            Tone::Key => [Color::Cyan, Color::Indexed(117), Color::Indexed(24)],
            Tone::Good | Tone::Sandbox => [Color::Green, Color::Indexed(114), Color::Indexed(22)],
            Tone::Warn => [Color::Yellow, Color::Indexed(221), Color::Indexed(94)],
            Tone::Bad | Tone::Production => [Color::Red, Color::Indexed(210), Color::Indexed(124)],
            Tone::Busy | Tone::Name => [Color::Cyan, Color::Indexed(153), Color::Indexed(25)],
            Tone::Secret => [Color::Magenta, Color::Indexed(183), Color::Indexed(90)],
            Tone::Text => [Color::Green, Color::Indexed(150), Color::Indexed(23)],
            Tone::Number => [Color::Yellow, Color::Indexed(216), Color::Indexed(94)],
            Tone::Literal => [Color::Blue, Color::Indexed(147), Color::Indexed(19)],
        };
        match self {
            Self::Plain if matches!(tone, Tone::Dim) => None,
            Self::Plain => Some(plain),
            Self::Dark => Some(dark),
            Self::Light => Some(light),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.1) of one of the 240 that have a fixed value.
    fn luminance(color: Color) -> f64 {
        let Color::Indexed(n @ 16..) = color else { panic!("{color:?} is the terminal's to choose") };
        let level = |v: u8| [0, 95, 135, 175, 215, 255][usize::from(v)];
        let (r, g, b) = match n {
            232.. => (8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10),
            _ => (level((n - 16) / 36), level((n - 16) / 6 % 6), level((n - 16) % 6)),
        };
        of_rgb(r, g, b)
    }

    fn of_rgb(r: u8, g: u8, b: u8) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// WCAG 2.1 §1.4.3 wants 4.5; the usual backgrounds of terminals, black to Nord and white to Solarized.
    #[test]
    fn every_colour_can_be_read_on_the_backgrounds_of_its_theme() {
        let dark = [of_rgb(0, 0, 0), of_rgb(0x1e, 0x1e, 0x2e), of_rgb(0x2e, 0x34, 0x40)];
        let light = [of_rgb(255, 255, 255), of_rgb(0xfd, 0xf6, 0xe3), of_rgb(0xef, 0xf1, 0xf5)];
        for (theme, grounds) in [(Theme::Dark, dark), (Theme::Light, light)] {
            for tone in Tone::ALL {
                let Some(color) = theme.color(tone) else { continue };
                for ground in grounds {
                    let (a, b) = (luminance(color).max(ground), luminance(color).min(ground));
                    let contrast = (a + 0.05) / (b + 0.05);
                    assert!(contrast >= 4.5, "{tone:?} in {theme:?}: {contrast:.1}");
                }
            }
        }
    }
}
