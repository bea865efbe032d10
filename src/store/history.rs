//! Runs that are kept: one file each in `history/` of the data directory, a JSON object per line, appended as the run goes
//! on. What is written was sealed before; here is only where it lies, and how much of it.
//!
//! A file is named by when its run began and by a piece of the run's id: the order of names is the order of runs.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::file::{StoreError, create_private_dir, read_capped};
use crate::history::{Account, clock, read};
use crate::time::Timestamp;

const SUFFIX: &str = "jsonl";
/// Bytes of one run.
const LARGEST_RUN: u64 = 16 << 20;
/// Bytes at the end of a file that hold its last line.
const LAST_LINE: u64 = 64 << 10;

/// Digits of a moment to the millisecond, as the name of a file has them.
const WHEN_DIGITS: usize = 17;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// 0: nothing is.
    pub runs: usize,
    pub bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { runs: 500, bytes: 100_000_000 }
    }
}

impl Keep {
    /// What was said, and the default for what was not.
    pub fn said(runs: Option<u32>, megabytes: Option<u32>) -> Self {
        let default = Self::default();
        Self {
            runs: runs.map_or(default.runs, |n| n as usize),
            bytes: megabytes.map_or(default.bytes, |n| u64::from(n) * 1_000_000),
        }
    }
}

/// What is kept of runs. Without a directory, nothing.
#[derive(Clone, Debug, Default)]
pub struct History {
    dir: Option<PathBuf>,
    keep: Keep,
}

/// A kept run, as a list shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptRun {
    pub id: String,
    /// The run's own id, as its reports have it.
    pub run: String,
    pub profile: String,
    pub environment: String,
    pub flow: String,
    pub title: String,
    pub sandbox: bool,
    pub production: bool,
    /// RFC 3339.
    pub started: String,
    /// `done`, `failed`, `cancelled`, `waiting`, `unfinished`.
    pub status: String,
    /// The step it ended at, and the id of what went wrong there.
    pub step: String,
    pub error: Option<String>,
    /// It came from a file of somebody else.
    pub imported: bool,
}

impl KeptRun {
    /// Whether it began before the other. One on the screen, without an id, is the last.
    pub fn is_before(&self, other: &Self) -> bool {
        !self.id.is_empty() && (other.id.is_empty() || (self.began(), &self.id) < (other.began(), &other.id))
    }

    /// When, as digits that sort: `20261124185927000`. Where somebody else does not say it, when the run came here.
    fn began(&self) -> String {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(WHEN_DIGITS).collect();
        let said: Option<jiff::Timestamp> = self.started.parse().ok();
        said.map_or_else(|| digits(&self.id), |at| digits(&clock(Timestamp::from_millis(at.as_millisecond()))))
    }
}

/// A run that is being written.
#[derive(Debug)]
pub struct Record {
    pub id: String,
    path: PathBuf,
    file: File,
    written: u64,
}

impl Record {
    /// One whole line, handed to the system at once: a program that dies loses this line at most.
    pub fn append(&mut self, event: &Json) -> Result<(), StoreError> {
        let line = line_of(event);
        self.written = self.written.saturating_add(line.len() as u64);
        if self.written > LARGEST_RUN {
            let text = format!("{} has {} MB: no more of this run is kept", self.path.display(), LARGEST_RUN >> 20);
            return Err(StoreError::new(text, "what was kept until now can be read"));
        }
        self.file.write_all(line.as_bytes()).map_err(|e| StoreError::io("written", &self.path, &e))
    }
}

fn line_of(event: &Json) -> String {
    crate::text::clean_json(&event.to_string()).into_owned() + "\n"
}

impl History {
    #[must_use]
    pub fn in_dir(dir: PathBuf, keep: Keep) -> Self {
        Self { dir: Some(dir), keep }
    }

    /// A file for a run that begins. None: nothing is kept. Makes room first.
    pub fn begin(&self, run: &str, now: Timestamp) -> Result<Option<Record>, StoreError> {
        let Some(dir) = self.dir.as_ref().filter(|_| self.keep.runs > 0) else { return Ok(None) };
        create_private_dir(dir).map_err(|e| StoreError::io("written", dir, &e))?;
        self.make_room(dir)?;
        let when: String = clock(now).chars().filter(char::is_ascii_digit).take(WHEN_DIGITS).collect();
        let (day, time) = when.split_at_checked(8).unwrap_or(("", ""));
        let piece: String = run.chars().filter(char::is_ascii_hexdigit).take(6).collect();
        let id = format!("{day}-{time}-{}", if piece.is_empty() { "0" } else { &piece });
        let path = dir.join(format!("{id}.{SUFFIX}"));
        let mut options = File::options();
        options.append(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&path).map_err(|e| StoreError::io("written", &path, &e))?;
        Ok(Some(Record { id, path, file, written: 0 }))
    }

    /// Keeps a run that came whole, all of it or nothing; gives the id it has here. None: nothing is kept.
    pub fn adopt(&self, run: &str, events: &[Json], now: Timestamp) -> Result<Option<String>, StoreError> {
        // what does not fit costs none that is kept
        let bytes: u64 = events.iter().map(|event| line_of(event).len() as u64).sum();
        if bytes > LARGEST_RUN {
            let text = format!("the run has more than {} MB: it is not kept", LARGEST_RUN >> 20);
            return Err(StoreError::new(text, "countersign history show FILE reads it where it lies"));
        }
        let Some(mut record) = self.begin(run, now)? else { return Ok(None) };
        if let Err(e) = events.iter().try_for_each(|event| record.append(event)) {
            let _ = std::fs::remove_file(&record.path);
            return Err(e);
        }
        Ok(Some(record.id))
    }

    /// The oldest go, so that one more fits.
    fn make_room(&self, dir: &Path) -> Result<(), StoreError> {
        let all = files(dir)?;
        let mut bytes: u64 = 0;
        for (i, (path, size)) in all.iter().enumerate() {
            bytes = bytes.saturating_add(*size);
            if i + 1 >= self.keep.runs || bytes > self.keep.bytes {
                // another instance may have been faster
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Kept runs, the newest first; with `words`, those in whose text each of them stands, in any case.
    pub fn runs(&self, words: &str) -> Result<Vec<KeptRun>, StoreError> {
        let Some(dir) = self.dir.as_ref().filter(|d| d.is_dir()) else { return Ok(Vec::new()) };
        let wanted: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let found = files(dir)?.into_iter().filter_map(|(path, _)| {
            if !wanted.is_empty() {
                let text = String::from_utf8_lossy(&read_capped(&path, LARGEST_RUN).ok()?).to_lowercase();
                let name = id_of(&path)?;
                if !wanted.iter().all(|word| text.contains(word) || name.contains(word.as_str())) {
                    return None;
                }
            }
            kept(&path)
        });
        Ok(found.collect())
    }

    /// The last run of one's own; where there is none, of somebody else's the one that began last.
    fn last(&self) -> Result<Option<String>, StoreError> {
        let Some(dir) = self.dir.as_ref().filter(|d| d.is_dir()) else { return Ok(None) };
        let mut last: Option<KeptRun> = None;
        for run in files(dir)?.iter().filter_map(|(path, _)| kept(path)) {
            if !run.imported {
                return Ok(Some(run.id));
            }
            if last.as_ref().is_none_or(|last| last.is_before(&run)) {
                last = Some(run);
            }
        }
        Ok(last.map(|run| run.id))
    }

    /// The one run that is meant: its id, the beginning of it or of its last piece, `last`.
    pub fn find(&self, name: &str) -> Result<String, StoreError> {
        let hint = "countersign history list shows what is kept";
        if name == "last" {
            return self.last()?.ok_or_else(|| StoreError::new("no run is kept yet", hint));
        }
        let ids: Vec<String> = match self.dir.as_ref().filter(|d| d.is_dir()) {
            Some(dir) => files(dir)?.iter().filter_map(|(path, _)| id_of(path)).collect(),
            None => Vec::new(),
        };
        let shown = crate::text::clean(name);
        let piece = |id: &str| id.rsplit('-').next().is_some_and(|piece| piece.starts_with(name));
        let mut fitting = ids.into_iter().filter(|id| !name.is_empty() && (id.starts_with(name) || piece(id)));
        match (fitting.next(), fitting.next()) {
            (Some(id), None) => Ok(id),
            (Some(a), Some(b)) => {
                let text = format!("{shown} may be several runs");
                Err(StoreError::new(text, format!("give more of the id: {a}, {b}, …")))
            }
            (None, _) => Err(StoreError::new(format!("no run {shown} is kept"), hint)),
        }
    }

    /// All events of a kept run, and how many lines could not be read.
    pub fn events(&self, id: &str) -> Result<(Vec<Json>, usize), StoreError> {
        let path = self.path(id)?;
        let content = read_capped(&path, LARGEST_RUN + LAST_LINE)?;
        read(&content)
            .map_err(|e| StoreError::new(format!("{}: {e}", path.display()), "delete it: countersign history delete"))
    }

    /// What a kept run may be compared with, the likeliest first: of the same flow those of one's own there and before it,
    /// there, elsewhere, then somebody else's; then any other.
    pub fn comparable(&self, with: &KeptRun) -> Result<Vec<KeptRun>, StoreError> {
        let mut all = self.runs("")?;
        all.retain(|run| run.id != with.id && (with.run.is_empty() || run.run != with.run));
        all.sort_by_cached_key(|run| {
            let same_flow = (&run.profile, &run.flow) == (&with.profile, &with.flow);
            let same_place = run.environment == with.environment;
            (!same_flow, run.imported, !same_place, with.is_before(run), Reverse(run.began()), Reverse(run.id.clone()))
        });
        Ok(all)
    }

    pub fn delete(&self, id: &str) -> Result<(), StoreError> {
        let path = self.path(id)?;
        std::fs::remove_file(&path).map_err(|e| StoreError::io("deleted", &path, &e))
    }

    /// Only a name that a run can have leads to a file.
    fn path(&self, id: &str) -> Result<PathBuf, StoreError> {
        let dir = self.dir.as_ref().filter(|_| is_id(id));
        let none = || StoreError::new(format!("no run {} is kept", crate::text::clean(id)), "countersign history list");
        Ok(dir.ok_or_else(none)?.join(format!("{id}.{SUFFIX}")))
    }
}

fn is_id(name: &str) -> bool {
    !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn id_of(path: &Path) -> Option<String> {
    let id = path.file_stem()?.to_str()?;
    (path.extension()? == SUFFIX && is_id(id)).then(|| id.to_owned())
}

/// Files of runs with their sizes, the newest first.
fn files(dir: &Path) -> Result<Vec<(PathBuf, u64)>, StoreError> {
    let entries = std::fs::read_dir(dir).map_err(|e| StoreError::io("read", dir, &e))?;
    let mut all: Vec<(PathBuf, u64)> = entries
        .flatten()
        .filter_map(|entry| {
            let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            id_of(&entry.path()).map(|_| (entry.path(), meta.len()))
        })
        .collect();
    all.sort_by(|a, b| b.0.cmp(&a.0));
    Ok(all)
}

/// From the first line and the last. None: it cannot be read.
#[expect(clippy::disallowed_methods, reason = "a regular file of ours, read within a limit")]
fn kept(path: &Path) -> Option<KeptRun> {
    let mut file = File::open(path).ok()?;
    let mut ends = Vec::new();
    (&mut file).take(LAST_LINE).read_to_end(&mut ends).ok()?;
    let first = ends.split(|b| *b == b'\n').next()?.to_vec();
    let length = file.metadata().ok()?.len();
    if length > LAST_LINE {
        ends.clear();
        file.seek(SeekFrom::Start(length - LAST_LINE)).ok()?;
        file.take(LAST_LINE).read_to_end(&mut ends).ok()?;
    }
    let last = ends.split(|b| *b == b'\n').rfind(|line| !line.is_empty())?;
    let text = |value: &Json, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let (events, _) = read(&[&first, &b"\n"[..], last].concat()).ok()?;
    let account = Account::new(&events, 0);
    let run = &account.run;
    Some(KeptRun {
        id: id_of(path)?,
        run: text(run, "id"),
        profile: text(run, "profile"),
        environment: text(run, "env"),
        flow: text(run, "flow"),
        title: text(run, "title"),
        sandbox: run["sandbox"] == Json::Bool(true),
        production: run["production"] == Json::Bool(true),
        started: text(run, "at"),
        status: account.status().to_owned(),
        step: account.done.as_ref().map_or_else(String::new, |done| text(done, "step")),
        error: account.error().map(|e| text(e, "id")),
        imported: run["imported"].is_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_546_767);

    fn history(runs: usize, bytes: u64) -> (tempfile::TempDir, History) {
        let dir = tempfile::tempdir().unwrap();
        let history = History::in_dir(dir.path().join("history"), Keep { runs, bytes });
        (dir, history)
    }

    fn run(history: &History, id: &str, second: i64, lines: &[Json]) -> Option<Record> {
        let mut record = history.begin(id, NOW.plus_seconds(second)).unwrap()?;
        record.append(&json!({"event": "run", "profile": id, "env": "uat", "flow": "token"})).unwrap();
        lines.iter().for_each(|line| record.append(line).unwrap());
        Some(record)
    }

    #[test]
    fn a_run_is_there_with_its_first_line_and_a_torn_last_line_costs_only_itself() {
        let (_dir, history) = history(9, 1000);
        let mut record = run(&history, "abc123-77", 0, &[]).unwrap();
        assert_eq!(record.id, "20261124-185927000-abc123");
        assert_eq!(history.runs("").unwrap()[0].status, "unfinished");
        record.append(&json!({"event": "done", "status": "failed", "step": "a", "error": {"id": "net.dns"}})).unwrap();
        let row = &history.runs("").unwrap()[0];
        assert_eq!((row.status.as_str(), row.error.as_deref(), row.step.as_str()), ("failed", Some("net.dns"), "a"));
        record.file.write_all(b"{\"event\":\"st").unwrap();
        let (events, lost) = history.events(&record.id).unwrap();
        assert_eq!((events.len(), lost), (2, 1));
        assert_eq!(history.runs("").unwrap()[0].profile, "abc123-77");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(record.file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_they_are_too_large() {
        let (_dir, few) = history(3, 1_000_000);
        for second in 0..5 {
            run(&few, "aaaaaa", second, &[]).unwrap();
        }
        let ids: Vec<String> = few.runs("").unwrap().into_iter().map(|r| r.id).collect();
        assert_eq!(ids, ["20261124-185931000-aaaaaa", "20261124-185930000-aaaaaa", "20261124-185929000-aaaaaa"]);
        let (_dir, small) = history(100, 500);
        for second in 0..5 {
            run(&small, "bbbbbb", second, &[json!({"event": "x", "text": "x".repeat(300)})]).unwrap();
        }
        assert_eq!(small.runs("").unwrap().len(), 2, "one of the others fits beside the newest");
        let (_dir, off) = history(0, 1_000_000);
        assert!(run(&off, "cccccc", 0, &[]).is_none() && off.runs("").unwrap().is_empty());
        assert!(History::default().begin("d", NOW).unwrap().is_none());
    }

    #[test]
    fn a_run_is_found_by_the_beginning_of_its_id_by_its_piece_and_by_words() {
        let (_dir, history) = history(9, 1_000_000);
        run(&history, "abc123", 0, &[json!({"event": "response", "status": 401})]);
        run(&history, "abd777", 60, &[json!({"event": "check", "id": "CA-06"})]);
        let find = |name: &str| history.find(name).map_err(|e| e.text);
        assert_eq!(find("last").unwrap(), "20261124-190027000-abd777");
        assert_eq!(find("20261124-1859").unwrap(), "20261124-185927000-abc123");
        assert_eq!(find("abd").unwrap(), "20261124-190027000-abd777");
        assert_eq!(find("ab").unwrap_err(), "ab may be several runs");
        assert_eq!(find("").unwrap_err(), "no run  is kept");
        for outside in ["../x", "/etc/passwd", "..", "a/b"] {
            assert!(find(outside).is_err() && history.events(outside).is_err() && history.delete(outside).is_err());
        }
        let words = |text: &str| history.runs(text).unwrap().iter().map(|r| r.profile.clone()).collect::<Vec<_>>();
        assert_eq!(words("ca-06 TOKEN"), ["abd777"]);
        assert_eq!(words("401"), ["abc123"]);
        assert!(words("ca-06 401").is_empty());
        history.delete(&find("abc").unwrap()).unwrap();
        assert_eq!(words(""), ["abd777"]);
    }

    #[test]
    fn the_run_before_of_the_same_flow_is_the_first_to_compare_with() {
        let (_dir, history) = history(9, 1_000_000);
        for (second, flow, env) in [
            (0, "token", "uat"),
            (1, "token", "uat"),
            (2, "call", "uat"),
            (3, "token", "prod"),
            (4, "token", "uat"),
            (5, "token", "uat"),
        ] {
            let event = json!({"event": "run", "profile": "p", "env": env, "flow": flow, "id": format!("id-{second}")});
            history.adopt("abc123", &[event], NOW.plus_seconds(second)).unwrap();
        }
        let all = history.runs("").unwrap();
        let order = |with: &KeptRun| -> Vec<String> {
            history.comparable(with).unwrap().into_iter().map(|r| r.run.replace("id-", "")).collect()
        };
        assert_eq!(order(&all[1]), ["1", "0", "5", "3", "2"]);
        let on_screen = KeptRun { id: String::new(), ..all[0].clone() };
        assert_eq!(order(&on_screen), ["4", "1", "0", "3", "2"]);
    }

    #[test]
    fn somebody_elses_run_stands_where_it_began_and_is_not_chosen_before_ones_own() {
        let (_dir, history) = history(9, 1_000_000);
        let came = |second: i64, at: &str| {
            let event =
                json!({"event": "run", "profile": "p", "env": "uat", "flow": "token", "at": at, "imported": "x"});
            history.adopt("eeeeee", &[event], NOW.plus_seconds(second)).unwrap().unwrap()
        };
        let own = |second: i64| {
            let at = clock(NOW.plus_seconds(second));
            let event = json!({"event": "run", "profile": "p", "env": "uat", "flow": "token", "at": at});
            history.adopt("abc123", &[event], NOW.plus_seconds(second)).unwrap().unwrap()
        };
        let late = came(0, "2026-11-24T20:59:28+02:00");
        let early = came(1, "2026-11-23T00:00:00Z");
        let unsaid = came(2, "yesterday");
        assert_eq!(history.find("last").unwrap(), unsaid, "there is no other");
        let (before, last) = (own(3), own(4));
        let newest = came(5, "2026-11-24T18:59:30.500Z");
        assert_eq!(history.find("last").unwrap(), last);
        let all = history.runs("").unwrap();
        let of = |id: &str| all.iter().find(|run| run.id == id).unwrap();
        let order: Vec<String> = history.comparable(of(&last)).unwrap().into_iter().map(|run| run.id).collect();
        assert_eq!(
            order,
            [&before, &newest, &unsaid, &late, &early].map(String::clone),
            "own, then by when they began"
        );
        assert!(of(&newest).is_before(of(&last)) && !of(&last).is_before(of(&newest)));
        let on_screen = KeptRun::default();
        assert!(of(&last).is_before(&on_screen) && !on_screen.is_before(of(&last)));
    }

    #[test]
    fn a_run_that_came_is_kept_whole_or_not_at_all() {
        let (_dir, history) = history(9, 1_000_000);
        let run = json!({"event": "run", "profile": "p", "env": "e", "flow": "f", "id": "x", "imported": "2026"});
        let id = history.adopt("x", &[run.clone(), json!({"event": "done", "status": "done"})], NOW).unwrap().unwrap();
        let row = &history.runs("").unwrap()[0];
        assert_eq!((&row.id, row.imported, row.status.as_str()), (&id, true, "done"));
        let large = json!({"event": "response", "body": "x".repeat(1 << 20)});
        let all: Vec<Json> = std::iter::once(run.clone()).chain(std::iter::repeat_n(large, 20)).collect();
        assert!(history.adopt("y", &all, NOW.plus_seconds(1)).is_err());
        assert_eq!(history.runs("").unwrap().len(), 1);
        let full = History { keep: Keep { runs: 1, ..history.keep }, ..history.clone() };
        assert!(full.adopt("y", &all, NOW.plus_seconds(1)).is_err());
        assert_eq!(history.runs("").unwrap()[0].id, id, "what does not fit makes no room");
        assert_eq!(History::default().adopt("z", &[run], NOW), Ok(None));
    }

    #[test]
    fn a_run_without_end_stops_growing() {
        let (_dir, history) = history(9, 1_000_000);
        let mut record = run(&history, "abc123", 0, &[]).unwrap();
        let line = json!({"event": "response", "body": "x".repeat(1 << 20)});
        let error = (0..20).find_map(|_| record.append(&line).err()).expect("an end");
        assert!(
            error.text.contains("no more of this run is kept") && record.file.metadata().unwrap().len() < LARGEST_RUN
        );
        assert_eq!(history.events(&record.id).unwrap().1, 0);
    }
}
