//! Where everything stands, from the size of the terminal alone: three shapes with panes, and a single line.

use ratatui::layout::{Position, Rect};

use super::focus::PaneId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Three columns.
    Wide,
    /// Two columns; the inspector is a card under the keys.
    Medium,
    /// One pane, with tabs.
    Narrow,
    /// One line.
    Tiny,
}

impl Shape {
    pub const fn of(width: u16, height: u16) -> Self {
        match (width, height) {
            (..40, _) | (_, ..10) => Self::Tiny,
            (..100, _) | (_, ..30) => Self::Narrow,
            (..150, _) => Self::Medium,
            _ => Self::Wide,
        }
    }
}

/// How far a person moved the borders, for each shape with borders to move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    wide: Borders,
    medium: Borders,
    narrow: Borders,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Borders {
    /// Columns of the left column, more or less than usual.
    pub left: i16,
    pub right: i16,
    /// Rows of the list of steps.
    pub flow: i16,
}

impl Sizes {
    pub const fn of(&mut self, shape: Shape) -> &mut Borders {
        match shape {
            Shape::Wide => &mut self.wide,
            Shape::Medium => &mut self.medium,
            Shape::Narrow | Shape::Tiny => &mut self.narrow,
        }
    }

    /// Moves the border next to that pane.
    pub fn resize(&mut self, shape: Shape, pane: PaneId, by: i16) {
        let borders = self.of(shape);
        let (border, by) = match (pane, shape) {
            (PaneId::Profiles | PaneId::Keys, _) | (PaneId::Inspector, Shape::Medium) => (&mut borders.left, by * 2),
            (PaneId::Inspector, _) => (&mut borders.right, by * 2),
            (PaneId::Flow, _) => (&mut borders.flow, by),
            (PaneId::Step, _) => (&mut borders.flow, -by),
        };
        *border = (*border + by).clamp(-60, 60);
    }

    /// Moves a border to where the mouse is.
    pub fn drag(&mut self, geometry: &Geometry, edge: Edge, at: Position, steps: u16) {
        let shape = geometry.shape;
        let by = |wanted: u16, usual: u16| (i32::from(wanted) - i32::from(usual)).clamp(-500, 500) as i16;
        let borders = self.of(shape);
        match (edge, geometry.pane(PaneId::Flow), geometry.pane(PaneId::Step)) {
            (Edge::Left, ..) => {
                let usual = if shape == Shape::Wide { LEFT_OF_THREE } else { LEFT_OF_TWO };
                borders.left = by(at.x.saturating_add(1), usual);
            }
            (Edge::Right, ..) => borders.right = by(geometry.top.right().saturating_sub(at.x), RIGHT),
            (Edge::Flow, Some(flow), Some(step)) => {
                let usual = usual_list(steps, flow.height + step.height);
                borders.flow = by(at.y.saturating_add(1).saturating_sub(flow.y), usual);
            }
            (Edge::Flow, ..) => {}
        }
    }
}

/// A border that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Of the left column.
    Left,
    /// Of the right column.
    Right,
    /// Between the list of steps and the step.
    Flow,
}

/// Columns of the left and the right column, as long as nobody moves a border.
const LEFT_OF_THREE: u16 = 34;
const LEFT_OF_TWO: u16 = 36;
const RIGHT: u16 = 46;

/// Rows of the list of steps: two fifths at most.
fn usual_list(steps: u16, height: u16) -> u16 {
    (steps + 2).clamp(4, (height * 2 / 5).max(4))
}

/// What the layout follows beside the size.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    pub focus: PaneId,
    pub zoom: bool,
    pub sizes: Sizes,
    /// Rows that the list of steps would like.
    pub steps: u16,
}

/// Where everything stands. Areas are with their borders.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub shape: Shape,
    pub top: Rect,
    pub tabs: Option<Rect>,
    panes: [Option<Rect>; 5],
    pub footer: Option<Rect>,
}

impl Geometry {
    pub fn new(area: Rect, mut wish: Wish) -> Self {
        let shape = Shape::of(area.width, area.height);
        let line = |y: u16| Rect { y, height: 1.min(area.height), ..area };
        let mut out = Self { shape, top: line(area.y), tabs: None, panes: [None; 5], footer: None };
        if shape == Shape::Tiny {
            return out;
        }
        out.footer = Some(line(area.bottom() - 1));
        let mut body = Rect { y: area.y + 1, height: area.height - 2, ..area };
        let borders = *wish.sizes.of(shape);
        if shape == Shape::Narrow {
            out.tabs = Some(line(body.y));
            body = Rect { y: body.y + 1, height: body.height - 1, ..body };
        }
        if wish.zoom {
            out.put(wish.focus, body);
            return out;
        }
        match shape {
            Shape::Wide => {
                let (left, rest) = left(body, grown(LEFT_OF_THREE, borders.left, 20, body.width / 3));
                let (middle, right) = left_of(rest, grown(RIGHT, borders.right, 24, body.width / 3));
                let (profiles, keys) = above(left, left.height.div_ceil(2));
                out.put(PaneId::Profiles, profiles);
                out.put(PaneId::Keys, keys);
                out.put(PaneId::Inspector, right);
                out.flow(middle, wish.steps, borders.flow);
            }
            Shape::Medium => {
                let (left, right) = left(body, grown(LEFT_OF_TWO, borders.left, 20, body.width / 2));
                let (profiles, rest) = above(left, left.height * 2 / 5);
                let (keys, inspector) = above(rest, rest.height * 2 / 5);
                out.put(PaneId::Profiles, profiles);
                out.put(PaneId::Keys, keys);
                out.put(PaneId::Inspector, inspector);
                out.flow(right, wish.steps, borders.flow);
            }
            Shape::Narrow if wish.focus == PaneId::Flow => out.flow(body, wish.steps, borders.flow),
            Shape::Narrow | Shape::Tiny => out.put(wish.focus, body),
        }
        out
    }

    pub const fn pane(&self, pane: PaneId) -> Option<Rect> {
        self.panes[pane as usize]
    }

    /// The inside of a pane's border.
    pub fn inside(&self, pane: PaneId) -> Option<Rect> {
        self.pane(pane).map(inside)
    }

    pub fn pane_at(&self, at: Position) -> Option<PaneId> {
        PaneId::ALL.into_iter().find(|p| self.pane(*p).is_some_and(|r| r.contains(at)))
    }

    /// The border that stands there, on either of its sides.
    pub fn edge_at(&self, at: Position) -> Option<Edge> {
        let pane = self.pane_at(at)?;
        let area = self.pane(pane)?;
        let (on_left, on_right) = (at.x == area.x, at.x + 1 == area.right());
        let columns = matches!(self.shape, Shape::Wide | Shape::Medium);
        let beside = |other: PaneId, x: u16| self.pane(other).is_some_and(|r| x >= r.x && x < r.right());
        match pane {
            PaneId::Flow if at.y + 1 == area.bottom() && self.pane(PaneId::Step).is_some() => Some(Edge::Flow),
            PaneId::Step if at.y == area.y && self.pane(PaneId::Flow).is_some() => Some(Edge::Flow),
            PaneId::Profiles | PaneId::Keys if columns && on_right => {
                beside(PaneId::Flow, at.x + 1).then_some(Edge::Left)
            }
            PaneId::Inspector if self.shape == Shape::Medium && on_right => {
                beside(PaneId::Flow, at.x + 1).then_some(Edge::Left)
            }
            PaneId::Inspector if self.shape == Shape::Wide && on_left => {
                beside(PaneId::Flow, at.x.checked_sub(1)?).then_some(Edge::Right)
            }
            PaneId::Flow | PaneId::Step if columns && on_left => {
                beside(PaneId::Profiles, at.x.checked_sub(1)?).then_some(Edge::Left)
            }
            PaneId::Flow | PaneId::Step if self.shape == Shape::Wide && on_right => {
                beside(PaneId::Inspector, at.x + 1).then_some(Edge::Right)
            }
            _ => None,
        }
    }

    const fn put(&mut self, pane: PaneId, area: Rect) {
        self.panes[pane as usize] = Some(area);
    }

    /// The list of steps over the step itself; the list takes two fifths at most.
    fn flow(&mut self, area: Rect, steps: u16, by: i16) {
        let usual = usual_list(steps, area.height);
        let (list, step) = above(area, grown(usual, by, 3, area.height.saturating_sub(3)));
        self.put(PaneId::Flow, list);
        self.put(PaneId::Step, step);
    }
}

pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

fn grown(usual: u16, by: i16, least: u16, most: u16) -> u16 {
    usual.saturating_add_signed(by).clamp(least.min(most), most)
}

fn left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}

fn left_of(area: Rect, right: u16) -> (Rect, Rect) {
    left(area, area.width.saturating_sub(right))
}

fn above(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(width: u16, height: u16, focus: PaneId) -> Geometry {
        Geometry::new(Rect::new(0, 0, width, height), Wish { focus, steps: 7, ..Wish::default() })
    }

    #[test]
    fn the_shape_follows_the_size() {
        for (w, h, shape) in [
            (160, 45, Shape::Wide),
            (149, 45, Shape::Medium),
            (99, 45, Shape::Narrow),
            (160, 29, Shape::Narrow),
            (39, 45, Shape::Tiny),
            (80, 9, Shape::Tiny),
        ] {
            assert_eq!(Shape::of(w, h), shape, "{w}x{h}");
        }
    }

    #[test]
    fn panes_tile_the_body_at_every_size() {
        for width in 1..=200 {
            for height in 1..=60 {
                for focus in PaneId::ALL {
                    let g = geometry(width, height, focus);
                    let area: u32 = PaneId::ALL.iter().filter_map(|p| g.pane(*p)).map(Rect::area).sum();
                    let lines = 2 + u32::from(g.tabs.is_some());
                    let body = u32::from(width) * (u32::from(height).saturating_sub(lines));
                    assert!(g.shape == Shape::Tiny || area == body, "{width}x{height} {focus:?}");
                    assert!(g.shape == Shape::Tiny || g.pane(focus).is_some(), "{focus:?} at {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn borders_move_and_stop() {
        let mut sizes = Sizes::default();
        for _ in 0..100 {
            sizes.resize(Shape::Wide, PaneId::Profiles, -1);
        }
        let g = Geometry::new(Rect::new(0, 0, 160, 45), Wish { sizes, steps: 3, ..Wish::default() });
        assert_eq!(g.pane(PaneId::Profiles).map(|r| r.width), Some(20));
    }
}
