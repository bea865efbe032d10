//! What the benchmarks read of a running program, and how figures are put in a row.

/// A number out of a file of `/proc`, by the name before it.
pub fn status(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Resident memory now (`VmRSS`) or at its most (`VmHWM`), in MB.
pub fn memory(id: u32, name: &str) -> f64 {
    f64::from(u32::try_from(status(&format!("/proc/{id}/status"), name)).unwrap_or(u32::MAX)) / 1024.0
}

/// Voluntary context switches of every thread: each is a wake-up.
pub fn switches(id: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).expect("a running program");
    threads.flatten().map(|t| status(&format!("{}/status", t.path().display()), "voluntary_ctxt_switches")).sum()
}

/// User and system time in clock ticks.
pub fn cpu(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<u64>().ok()).sum()
}

/// What every thread of it ran so far, in ms.
pub fn ran(id: u32) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).expect("a running program");
    let of = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0)
    };
    threads.flatten().map(|t| of(t.path())).sum::<f64>() / 1e6
}

/// A folder with that many saved profiles of one bank.
pub fn saved_profiles(how_many: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("profiles")).expect("a folder");
    for n in 0..how_many {
        let text = format!(
            "schema = 1\nid = \"saved-{n:04}\"\nname = \"Saved {n:04}\"\nextends = \"generic-oidc\"\nenvironment = \"server\"\n[values]\nissuer = \"https://as-{n}.bank.example\"\n"
        );
        std::fs::write(folder.path().join(format!("profiles/saved-{n:04}.toml")), text).expect("written");
    }
    folder
}

pub fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn p99(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get((all.len() * 99 / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// The processor, how many of it, and what else runs: figures are worth little without.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cores = info.lines().filter(|l| l.starts_with("processor")).count();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!("{} × {}, load {load}", cores, model.trim_start_matches([' ', '\t', ':']))
}
