//! The rings hold: what a module may not know, it does not mention. Looks at every path in the sources, and says all
//! that is wrong at once, with its place. `rules.rs` beside it is the law; here it is applied, to the sources and to a
//! small world that breaks each rule.

use std::collections::BTreeSet;
use std::path::Path;

#[path = "architecture/broken_world.rs"]
mod broken_world;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "../support/sources.rs"]
mod sources;

use rules::{EXCEPTIONS, HOMES, LONGEST, Mute, RINGS, WALLS};
use sources::File;

/// Everything wrong, `src/flow/run.rs:12: …`, in the order of the files.
fn judge(files: &[File], banks: &[String]) -> Vec<String> {
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files {
        paths(file, &mut used, &mut wrong);
        length(file, &mut wrong);
        names(file, banks, &mut used, &mut wrong);
    }
    for (number, exception) in EXCEPTIONS.iter().enumerate() {
        if !used.contains(&number) {
            wrong.push(format!(
                "tests/it/architecture/rules.rs: nothing needs the exception of {} for {} any more",
                exception.who, exception.what
            ));
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

/// Walls, homes of foreign crates, and macros.
fn paths(file: &File, used: &mut BTreeSet<usize>, wrong: &mut Vec<String>) {
    let home = file.home();
    for mention in &file.mentions {
        let path = mention.path.join("::");
        let mut say = |what: &str, why: &str| {
            if !excused(&file.module.join("::"), &path, used) {
                wrong.push(format!("{}:{}: {home} mentions {what}: {why}", file.name, mention.line));
            }
        };
        if mention.invoked
            && let Some(mute) = rules::mute(&path)
            && !(mute == Mute::ButFaces && (mention.test || matches!(home, "cli" | "crate")))
        {
            say(&format!("{path}!"), "say it in an error, or let a face print it");
        }
        if mention.test {
            continue;
        }
        for wall in WALLS.iter().filter(|w| w.who.contains(&home)) {
            if let Some(ban) = wall.may_not.iter().find(|ban| reaches(&mention.path, ban)) {
                say(if *ban == path { ban } else { &path }, wall.why);
            }
        }
        // the roots join everything
        for (krate, homes, why) in HOMES.iter().filter(|_| home != "crate") {
            if mention.path[0] == *krate && !homes.iter().any(|h| file.module[1..].join("::").starts_with(h)) {
                say(&path, why);
            }
        }
    }
}

/// The path is the banned one, or below it, or takes everything from above it.
fn reaches(path: &[String], ban: &str) -> bool {
    let ban: Vec<&str> = ban.split("::").collect();
    match path.split_last() {
        Some((star, above)) if star == "*" && above.len() < ban.len() => {
            !above.is_empty() && above.iter().zip(&ban).all(|(a, b)| a == b)
        }
        _ => path.len() >= ban.len() && path.iter().zip(&ban).all(|(a, b)| a == b),
    }
}

fn excused(module: &str, what: &str, used: &mut BTreeSet<usize>) -> bool {
    let below =
        |whole: &str, part: &str| whole == part || whole.strip_prefix(part).is_some_and(|rest| rest.starts_with("::"));
    let found = EXCEPTIONS.iter().position(|e| below(module, e.who) && below(what, e.what));
    used.extend(found);
    found.is_some()
}

fn length(file: &File, wrong: &mut Vec<String>) {
    let lines = (1..=file.text.lines().count()).filter(|n| !file.is_test(*n)).count();
    if lines > LONGEST {
        wrong.push(format!(
            "{}:1: {lines} lines besides its tests; past {LONGEST} a file is usually two things",
            file.name
        ));
    }
}

/// A bank is a file below `profiles/`; the program knows none of them.
fn names(file: &File, banks: &[String], used: &mut BTreeSet<usize>, wrong: &mut Vec<String>) {
    if file.home() == "sandbox" {
        return;
    }
    for (number, line) in file.text.lines().enumerate().filter(|(n, _)| !file.is_test(n + 1)) {
        let lower = line.to_lowercase();
        // the one list of what is compiled in names files
        if line.contains("include_str!") && file.name == "src/profile/library.rs" {
            continue;
        }
        for bank in banks.iter().filter(|b| has_word(&lower, b)) {
            if !excused(&file.module.join("::"), "a bank's name", used) {
                wrong.push(format!(
                    "{}:{}: names the bank `{bank}`: what is special about a bank stands in its profile",
                    file.name,
                    number + 1
                ));
            }
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(word)
        .any(|(at, _)| outside(text[..at].chars().next_back()) && outside(text[at + word.len()..].chars().next()))
}

/// Ids, names and hosts of the banks that ship, in lower case.
fn banks() -> Vec<String> {
    let folder = root().join("profiles/banks");
    let mut words = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).expect("profiles/banks") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a profile");
        let profile: toml::Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for key in ["id", "name"] {
            words.extend(profile.get(key).and_then(toml::Value::as_str).map(str::to_lowercase));
        }
        let hosts =
            profile.get("hosts").and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str);
        words.extend(hosts.filter(|h| !h.contains("{{") && !h.ends_with("localhost")).map(str::to_lowercase));
    }
    words.retain(|w| w.len() > 2);
    words.into_iter().collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<File> {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).ok();
    let mut files = sources::load("src/lib.rs", &read);
    files.extend(sources::load("src/main.rs", &read));
    files
}

#[test]
fn the_rings_hold() {
    let wrong = judge(&sources(), &banks());
    assert!(wrong.is_empty(), "{} walls are broken:\n{}\n", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_source_is_declared_by_a_module() {
    fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, each);
            } else if path.extension().is_some_and(|e| e == "rs") {
                each(&path);
            }
        }
    }
    let known: BTreeSet<String> = sources().into_iter().map(|f| f.name).collect();
    let mut dead = Vec::new();
    walk(&root().join("src"), &mut |path| {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string().replace('\\', "/");
        if !known.contains(&name) {
            dead.push(name);
        }
    });
    assert!(dead.is_empty(), "no `mod` leads to {}", dead.join(", "));
}

/// The table that a reader sees first, and the rings held here, are one.
#[test]
fn the_map_in_lib_rs_is_the_law() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let ticked = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let declared: BTreeSet<_> =
        lib.lines().filter_map(|l| l.trim().strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let mut placed = BTreeSet::new();
    for (ring, modules) in RINGS {
        let row = lib
            .lines()
            .find(|l| l.starts_with(&format!("//! | {ring} |")))
            .unwrap_or_else(|| panic!("no row for the ring `{ring}`"));
        let here: BTreeSet<_> = modules.iter().map(|m| (*m).to_owned()).collect();
        assert_eq!(ticked(row.split('|').nth(2).expect("a second cell")), here, "the row of `{ring}`");
        placed.extend(here);
    }
    assert_eq!(placed, declared, "modules in a ring, and modules there are");
}

/// A rule that nothing can break is worth nothing.
#[test]
fn each_wall_stops_something() {
    let files = sources::load("src/lib.rs", &broken_world::read);
    let mut expected = BTreeSet::from(["src/long.rs:1".to_owned()]);
    for file in &files {
        let marked = file.text.lines().enumerate().filter(|(_, line)| line.ends_with("//~"));
        expected.extend(marked.map(|(number, _)| format!("{}:{}", file.name, number + 1)));
    }
    let wrong = judge(&files, &["acme".to_owned(), "api.acme.test".to_owned()]);
    let (stale, wrong): (Vec<_>, Vec<_>) = wrong.into_iter().partition(|w| w.starts_with("tests/"));
    let found: BTreeSet<_> =
        wrong.iter().filter_map(|w| w.split_once(": ")).map(|(place, _)| place.to_owned()).collect();
    assert_eq!(found, expected, "\n{}\n", wrong.join("\n"));
    // this world needs one exception, so all others are told
    assert_eq!(stale.len(), EXCEPTIONS.len() - 1, "{stale:?}");
}
