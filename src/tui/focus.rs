//! The panes, and which one has the keys.

/// Four panes by number; the third has two boxes, the list of steps and the step itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PaneId {
    #[default]
    Profiles,
    Keys,
    Flow,
    Step,
    Inspector,
}

impl PaneId {
    pub const ALL: [Self; 5] = [Self::Profiles, Self::Keys, Self::Flow, Self::Step, Self::Inspector];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Profiles => "Profiles",
            Self::Keys => "Keys",
            Self::Flow => "Flow",
            Self::Step => "Step",
            Self::Inspector => "Inspector",
        }
    }

    /// The number that chooses it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Profiles => 1,
            Self::Keys => 2,
            Self::Flow | Self::Step => 3,
            Self::Inspector => 4,
        }
    }

    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    pub fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}
