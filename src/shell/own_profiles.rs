//! A person's own profiles as files: looked at, edited, cloned, deleted, taken over from elsewhere; each change can be
//! taken back. One way for the screen and the command line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::profile_edit::{Sheet, edited, plain_name, renamed};
use super::profile_import::Incoming;
use super::saved::{NewProfile, SavedProfile};
use super::session::{Problem, Session};
use crate::config::Places;
use crate::profile::{Library, Loaded, difference};
use crate::secret::Secret;
use crate::store::{FileChange, StoreError, Unmade, binned, path_of, put_in_bin, read_profile};
use crate::text::clean;
use crate::time::Timestamp;

/// A file as a person saw it: it is written only while this still stands in it.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnFile {
    pub id: String,
    pub path: PathBuf,
    /// None: it is not there any more, and can be made once more.
    pub there: Option<Arc<str>>,
}

impl OwnFile {
    /// What stands in it.
    pub fn text(&self) -> &str {
        self.there.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for OwnFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnFile({})", self.id)
    }
}

/// What a text was read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFor {
    /// The person's own editor.
    Editor,
    /// To be taken along.
    Export,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Back,
    Again,
}

/// Something to be done with profiles of the person's own.
#[derive(Clone, Debug)]
pub enum ProfileOrder {
    Save(NewProfile),
    /// Say what of it can be edited.
    Look {
        id: String,
    },
    /// What was typed over it, by the names of its fields.
    Edit {
        of: OwnFile,
        answers: BTreeMap<String, Secret>,
    },
    Read {
        id: String,
        why: ReadFor,
    },
    /// What came back from an editor.
    Write {
        of: OwnFile,
        text: Secret,
    },
    Clone {
        id: String,
        new_id: String,
        environment: Option<String>,
    },
    Delete {
        id: String,
    },
    /// Say what taking over that file would change.
    Weigh {
        file: String,
    },
    Import(Box<Incoming>),
    /// Take a change back, or make it again.
    Turn(ProfileChange, Way),
    /// Write a text beside what else the program keeps.
    Export {
        id: String,
        text: Secret,
    },
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum ProfileDone {
    Saved(SavedProfile),
    Sheet(Box<Sheet>),
    Text {
        of: OwnFile,
        why: ReadFor,
    },
    /// An edit that says what is there already.
    Same,
    /// What was written in an editor would not load, or could not be put into the file: why, line by line. `of`: the
    /// file as it is now.
    Unwritten {
        of: OwnFile,
        text: Secret,
        why: Vec<String>,
    },
    Weighed(Box<Incoming>),
    Changed(ProfileChange),
    Turned(ProfileChange, Way),
    /// The file is not what it was: this change will not be turned any more. `kept`: where the text is that would have
    /// come back.
    Overtaken {
        change: ProfileChange,
        why: String,
        kept: Option<PathBuf>,
    },
    Exported {
        path: String,
    },
}

impl ProfileDone {
    /// Whether there are other profiles now.
    pub const fn wrote(&self) -> bool {
        matches!(self, Self::Saved(_) | Self::Changed(_) | Self::Turned(..))
    }
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChange {
    /// The profile that shows it.
    pub id: String,
    /// In words, as a thing: `edit of acme: client_id`.
    pub what: String,
    pub file: FileChange,
}

/// Where a person's own profiles are.
pub struct Own<'a> {
    pub library: &'a Library,
    pub places: &'a Places,
    pub now: Timestamp,
}

impl From<Unmade> for Problem {
    fn from(unmade: Unmade) -> Self {
        StoreError::from(unmade).into()
    }
}

impl From<StoreError> for Problem {
    fn from(e: StoreError) -> Self {
        Self::usage(e.text, e.hint)
    }
}

impl Own<'_> {
    /// The file of that profile, as it is now.
    ///
    /// # Errors
    /// Where it is no profile of the person's own, or its file is gone.
    pub fn file(&self, id: &str) -> Result<OwnFile, Problem> {
        let source = self.library.source(id).filter(|s| s.own).ok_or_else(|| {
            let hint = "countersign profiles list shows them; banks are part of the program";
            Problem::usage(format!("`{}` is no profile of your own", clean(id)), hint)
        })?;
        let path = PathBuf::from(source.name);
        let gone = || Problem::usage(format!("{} is not there any more", source.name), "somebody deleted or moved it");
        let text = read_profile(&path)?.ok_or_else(gone)?;
        Ok(OwnFile { id: id.to_owned(), path, there: Some(text) })
    }

    /// Where a profile of that id goes.
    pub(super) fn path(&self, id: &str) -> Result<PathBuf, Problem> {
        path_of(self.places, id).ok_or_else(|| {
            let text = "an id is lower-case letters, digits and hyphens, and needs a place to be kept";
            Problem::usage(text, "give another id, or --data-dir; the demo keeps nothing")
        })
    }

    /// The same profile under another id, in another of its bank's environments where one is named.
    ///
    /// # Errors
    /// Where the id is taken or none, or the profile would not load.
    pub fn clone_as(&self, id: &str, new_id: &str, environment: Option<&str>) -> Result<ProfileChange, Problem> {
        let of = self.file(id)?;
        let path = self.path(new_id)?;
        if self.library.source(new_id).is_some() {
            return Err(Problem::usage(format!("there is a profile `{new_id}` already"), "choose another id"));
        }
        let (text, left) = renamed(&of, new_id, environment)?;
        self.fitting(new_id, &path, &text).map_err(|lines| would_not_load(&lines))?;
        let left = if left { ", without the keys of others that were approved for the other environment" } else { "" };
        let what = format!("clone {new_id} of {id}{left}");
        Ok(self.made(new_id, what, FileChange { path, before: None, after: Some(text.into()) })?)
    }

    /// Brings the newest file of that id back from the bin.
    ///
    /// # Errors
    /// Where the bin has none, there is one of that id again, or it would not load.
    pub fn restore(&self, id: &str) -> Result<ProfileChange, Problem> {
        let none = || {
            let text = format!("there is no `{}` in the bin", clean(id));
            Problem::usage(text, "countersign profiles restore lists what is in it")
        };
        let found = binned(self.places).into_iter().find(|b| b.name == id).ok_or_else(none)?;
        let (path, text) = (self.path(id)?, read_profile(&found.path)?.ok_or_else(none)?);
        self.fitting(id, &found.path, &text).map_err(|lines| would_not_load(&lines))?;
        Ok(self.made(id, format!("return of {id}"), FileChange { path, before: None, after: Some(text) })?)
    }

    /// Takes a file over; what it replaces goes to the bin.
    ///
    /// # Errors
    /// Where what is there is not what it was weighed against, or it cannot be written.
    pub fn import(&self, incoming: &Incoming) -> Result<ProfileChange, Problem> {
        let Incoming { id, file, .. } = incoming;
        let what = match &file.before {
            Some(before) => {
                put_in_bin(self.places, &file.path, before, self.now)?;
                format!("import of {id}, in place of the one before")
            }
            None => format!("import of {id}"),
        };
        Ok(self.made(id, what, file.clone())?)
    }

    /// Where the file was changed meanwhile, the form comes back: what was typed, on top of what is there now.
    fn edit(&self, of: &OwnFile, answers: &BTreeMap<String, Secret>) -> Result<ProfileDone, Problem> {
        let loaded = self.checked(of)?;
        let (text, changed) = edited(of, &loaded.profile, answers)?;
        if changed.is_empty() {
            return Ok(ProfileDone::Same);
        }
        self.fitting(&of.id, &of.path, &text).map_err(|lines| would_not_load(&lines))?;
        let names: Vec<&str> = changed.iter().map(|field| plain_name(field)).collect();
        match self.rewritten(of, format!("edit of {}: {}", of.id, names.join(", ")), &text) {
            Err(Unmade::Overtaken(error)) => {
                let now = OwnFile { there: read_profile(&of.path)?, ..of.clone() };
                if now.there.is_none() {
                    return Err(error.into());
                }
                let loaded = self.checked(&now)?;
                let note = format!(
                    "Nothing was written: {}{}. What you typed stands here with what is there now; Enter writes it.",
                    error.text,
                    meanwhile(of, &now)
                );
                let sheet = Sheet::of(now, &loaded.profile)?.typed_over(&changed, answers);
                Ok(ProfileDone::Sheet(Box::new(Sheet { note: Some(note), ..sheet })))
            }
            done => Ok(done.map(ProfileDone::Changed)?),
        }
    }

    fn write(&self, of: OwnFile, text: Secret) -> ProfileDone {
        if of.there.as_deref() == Some(text.expose()) {
            return ProfileDone::Same;
        }
        if let Err(why) = self.fitting(&of.id, &of.path, text.expose()) {
            return ProfileDone::Unwritten { of, text, why };
        }
        let unmade = match self.rewritten(&of, format!("edit of {}", of.id), text.expose()) {
            Ok(change) => return ProfileDone::Changed(change),
            Err(unmade) => unmade,
        };
        // where it cannot be read either, what was there before is as good as anything
        let there = read_profile(&of.path).unwrap_or_else(|_| of.there.clone());
        let now = OwnFile { there, ..of.clone() };
        let why = match unmade {
            Unmade::Overtaken(error) => vec![
                format!("{}{}", error.text, meanwhile(&of, &now)),
                "Written once more, your text stands in place of what is there now.".to_owned(),
            ],
            Unmade::Failed(error) => vec![error.text, error.hint],
        };
        ProfileDone::Unwritten { of: now, text, why }
    }

    fn delete(&self, id: &str) -> Result<ProfileDone, Problem> {
        let of = self.file(id)?;
        let change = FileChange { path: of.path, before: of.there, after: None };
        Ok(ProfileDone::Changed(self.made(id, format!("deletion of {id}"), change)?))
    }

    fn turn(&self, change: ProfileChange, way: Way) -> Result<ProfileDone, Problem> {
        let file = match way {
            Way::Back => change.file.reversed(),
            Way::Again => change.file.clone(),
        };
        match file.make(self.places, self.now) {
            Ok(()) => Ok(ProfileDone::Turned(change, way)),
            Err(Unmade::Failed(error)) => Err(error.into()),
            Err(Unmade::Overtaken(error)) => {
                let text = file.after.as_deref();
                let kept = text.map(|text| put_in_bin(self.places, &file.path, text, self.now)).transpose()?;
                Ok(ProfileDone::Overtaken { change, why: error.text, kept })
            }
        }
    }

    fn rewritten(&self, of: &OwnFile, what: String, text: &str) -> Result<ProfileChange, Unmade> {
        let change = FileChange { path: of.path.clone(), before: of.there.clone(), after: Some(text.into()) };
        self.made(&of.id, what, change)
    }

    pub(super) fn made(&self, id: &str, what: String, file: FileChange) -> Result<ProfileChange, Unmade> {
        file.make(self.places, self.now)?;
        Ok(ProfileChange { id: id.to_owned(), what, file })
    }

    fn checked(&self, of: &OwnFile) -> Result<Loaded, Problem> {
        self.fitting(&of.id, &of.path, of.text())
            .map_err(|lines| Problem::usage(lines.join("\n"), "E opens the file in your editor"))
    }

    /// Whether that text would load as that profile; else why not, with the file's own name, line and column.
    fn fitting(&self, id: &str, path: &std::path::Path, text: &str) -> Result<Loaded, Vec<String>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let loaded = self.library.check(&name, text).map_err(|refused| refused.lines)?;
        if loaded.profile.id != id {
            let found = clean(&loaded.profile.id);
            return Err(vec![format!("{name}: its id is `{found}` and has to stay `{id}`: c clones it under another")]);
        }
        Ok(loaded)
    }
}

/// What changed in the file, by the paths of its members and without their values: `: values.a, pins.b`.
fn meanwhile(before: &OwnFile, now: &OwnFile) -> String {
    let changes = difference(before.text(), now.text(), |_| true).filter(|_| now.there.is_some()).unwrap_or_default();
    let paths: Vec<_> = changes.iter().map(|c| clean(&c.path)).collect();
    if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) }
}

pub(super) fn would_not_load(lines: &[String]) -> Problem {
    Problem::usage(lines.join("\n"), "nothing was written: correct it and try again")
}

impl Session {
    /// Does one thing with the person's own profiles.
    ///
    /// # Errors
    /// Why not, and the next thing to try. Then nothing was written.
    pub fn with_profiles(&self, order: ProfileOrder) -> Result<ProfileDone, Problem> {
        let own = Own { library: &self.library, places: &self.places, now: self.clock.now() };
        Ok(match order {
            ProfileOrder::Save(new) => ProfileDone::Saved(self.save_profile(&new)?),
            ProfileOrder::Look { id } => {
                let of = own.file(&id)?;
                let loaded = own.checked(&of)?;
                ProfileDone::Sheet(Box::new(Sheet::of(of, &loaded.profile)?))
            }
            ProfileOrder::Edit { of, answers } => own.edit(&of, &answers)?,
            ProfileOrder::Read { id, why } => ProfileDone::Text { of: own.file(&id)?, why },
            ProfileOrder::Write { of, text } => own.write(of, text),
            ProfileOrder::Clone { id, new_id, environment } => {
                ProfileDone::Changed(own.clone_as(&id, &new_id, environment.as_deref())?)
            }
            ProfileOrder::Delete { id } => own.delete(&id)?,
            ProfileOrder::Weigh { file } => ProfileDone::Weighed(Box::new(own.weigh(&file)?)),
            ProfileOrder::Import(incoming) => ProfileDone::Changed(own.import(&incoming)?),
            ProfileOrder::Turn(change, way) => own.turn(change, way)?,
            ProfileOrder::Export { id, text } => {
                ProfileDone::Exported { path: self.save_text("exports", &id, "toml", text.expose())? }
            }
        })
    }
}
