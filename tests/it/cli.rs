//! The command line as data: arguments in; status, texts and JSON out. The cases stand in `tests/cli/*.toml`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What a user would notice.
    it: String,
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    /// Files in the case's own folder; `{dir}` in arguments and texts is that folder.
    #[serde(default)]
    files: BTreeMap<String, String>,
    status: i32,
    /// Its whole environment, but for a home of its own.
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
    /// Texts that stand in neither.
    #[serde(default)]
    absent: Vec<String>,
    /// Members of the last JSON line, by pointer.
    #[serde(default)]
    json: BTreeMap<String, toml::Value>,
    /// A command that has to go before, with the same folder; its output is not looked at.
    #[serde(default)]
    first: Vec<Vec<String>>,
}

#[test]
fn the_command_line_does_what_its_cases_say() {
    let mut problems = Vec::new();
    let mut count = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for entry in std::fs::read_dir(folder).expect("the cases") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for case in &file.case {
            count += 1;
            if let Err(problem) = run(case) {
                problems.push(format!("{}: {}\n{problem}", path.display(), case.it));
            }
        }
    }
    assert!(problems.is_empty(), "{} of {count} cases:\n\n{}", problems.len(), problems.join("\n\n"));
    assert!(count >= 30, "{count} cases");
}

fn run(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path").to_owned();
    for (name, content) in &case.files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("written");
    }
    for arguments in &case.first {
        call(arguments, "", &dir, &case.env);
    }
    let (status, stdout, stderr) = call(&case.args, &case.stdin, &dir, &case.env);
    let mut wrong = Vec::new();
    if status != Some(case.status) {
        wrong.push(format!("status {status:?}, not {}", case.status));
    }
    let missing = |all: &[String], text: &str, name: &str| -> Vec<String> {
        let wanted = all.iter().map(|t| t.replace("{dir}", &dir));
        wanted.filter(|t| !text.contains(t.as_str())).map(|t| format!("{name} lacks “{t}”")).collect()
    };
    wrong.extend(missing(&case.stdout, &stdout, "standard output"));
    wrong.extend(missing(&case.stderr, &stderr, "standard error"));
    wrong.extend(
        case.absent
            .iter()
            .filter(|t| stdout.contains(t.as_str()) || stderr.contains(t.as_str()))
            .map(|t| format!("“{t}” is there")),
    );
    let last: serde_json::Value = stdout.lines().last().and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
    for (pointer, expected) in &case.json {
        let expected = serde_json::to_value(expected).expect("JSON");
        if last.pointer(pointer) != Some(&expected) {
            wrong.push(format!("{pointer} is {:?}, not {expected}", last.pointer(pointer)));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{}\n--- stdout\n{stdout}\n--- stderr\n{stderr}", wrong.join("\n")))
    }
}

fn call(arguments: &[String], stdin: &str, dir: &str, env: &BTreeMap<String, String>) -> (Option<i32>, String, String) {
    let arguments = arguments.iter().map(|a| a.replace("{dir}", dir));
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["--data-dir", dir])
        .args(arguments)
        .env_clear()
        .env("HOME", dir)
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("countersign runs");
    // a command that reads nothing closes its end: that is no failure of the case
    let _ = child.stdin.take().expect("its input").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
