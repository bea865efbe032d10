//! Every profile that ships loads without a complaint; what is wrong in one is told with its place.

use std::path::Path;

use countersign::profile::Library;

#[test]
fn every_embedded_profile_loads() {
    let library = Library::embedded();
    assert!(!library.ids().is_empty());
    for id in library.ids() {
        if let Err(refused) = library.load(&id) {
            panic!("{refused}");
        }
    }
}

#[test]
fn every_file_below_profiles_is_compiled_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let library = Library::embedded();
    for folder in ["banks", "flows"] {
        for file in std::fs::read_dir(root.join(folder)).expect("the folder") {
            let path = file.expect("an entry").path();
            let id = path.file_stem().and_then(|s| s.to_str()).expect("a name").to_owned();
            let known = if folder == "banks" { library.ids() } else { library.flow_ids() };
            assert!(known.contains(&id), "{} is not in the library", path.display());
        }
    }
}

#[test]
fn the_schema_in_assets_is_the_one_of_the_shapes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/profile.schema.json");
    let on_disk = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        on_disk == countersign::profile::schema(),
        "assets/profile.schema.json is stale; write it anew: countersign check --schema > assets/profile.schema.json"
    );
}

/// What a person writes wrong, and the complaint with its line and column.
#[test]
fn mistakes_are_told_with_file_line_and_column() {
    let good = "schema = 1\nid = \"mine\"\nhosts = [\"a.example\"]\n[environments.test]\napi = \"https://a.example\"\n";
    let library = Library::embedded();
    assert!(library.check("mine.toml", good).is_ok(), "{:?}", library.check("mine.toml", good).err());
    for (more, at, text) in [
        ("colour = 1\n", "1:1", "unknown field `colour`"),
        ("[inputs.a]\ndefault = \"{{ envv.api }}\"\n", "6:9", "nothing here is called `envv`; did you mean `env`?"),
        ("[inputs.a]\ndefault = \"{{ env.apu }}\"\n", "6:9", "`env` has no `apu`; did you mean `api`?"),
        ("[inputs.a]\ndefault = \"xx {{ 1 + }}\"\n", "7:17", "unexpected end"),
        ("[inputs.a]\ndefault = \"{{ 'x' * 9 }}\"\n", "7:19", "`*` is not allowed"),
        ("[inputs.a]\ndefault = \"\\u00e9{{ 1 | nope }}\"\n", "7:25", "no filter `nope`"),
        (
            "[keys.k]\nuse = \"sig\"\nalgs = [\"ES256\"]\n[keys.k.new]\nalias = \"key/x\"\nregion = \"eu-west-1\"\n",
            "10:9",
            "an alias begins with `alias/`",
        ),
        (
            "[keys.k]\nuse = \"sig\"\nalgs = [\"ES256\"]\n[keys.k.new]\nalias = \"alias/{{ env.api }}\"\nregion = \"eu-west-1\"\n",
            "10:9",
            "nothing here is called `env`",
        ),
        ("[inputs.a]\ntype = \"txt\"\n", "7:8", "a type is one of"),
        ("[keys.k]\nuse = \"tls\"\ncertificate = \"qseal\"\n", "8:15", "a role's `certificate` is eseal, qwac or any"),
        ("[keys.k]\nuse = \"tls\"\npsd2 = { all = [\"PSP_XX\"] }\n", "8:17", "PSP_AS, PSP_PI, PSP_AI or PSP_IC"),
        ("[keys.k]\nuse = \"tls\"\npsd2 = { all = [] }\n", "8:8", "`psd2` is { any ="),
        ("[keys.k]\nuse = \"tls\"\npsd2 = { any = [\"PSP_AI\"], all = [\"PSP_PI\"] }\n", "8:8", "`psd2` is { any ="),
        (
            "[keys.k]\nuse = \"sig\"\nalgs = [\"ES256\"]\npsd2 = { all = [\"PSP_AI\"] }\n",
            "9:8",
            "say which `certificate` the role wants",
        ),
        ("[keys.k]\nuse = \"enc\"\ncertificate = \"any\"\n", "8:15", "wants no certificate"),
        ("[keys.k]\nuse = \"sig\"\nalgs = [\"none\"]\n", "8:9", "`none` is no signature algorithm"),
        (
            "[[flow]]\nid = \"f\"\n[[flow.step]]\nid = \"request\"\n[flow.step.http]\nurl = \"https://a.example\"\n",
            "9:6",
            "is a word of the scope",
        ),
        ("[[flow]]\nid = \"f\"\n[[flow.step]]\nid = \"s\"\n", "9:6", "exactly one of"),
        (
            "[[flow]]\nid = \"f\"\n[[flow.step]]\nid = \"s\"\n[flow.step.ask]\ntext = \"x\"\n[[flow.check]]\nid = \"A\"\nat = [\"t\"]\nlevel = \"must\"\nrule = \"true\"\nsay = \"x\"\n",
            "14:7",
            "names steps of the flow",
        ),
        ("[[flow]]\nid = \"f\"\nuse = \"tokn\"\n", "8:7", "there is no flow `tokn`"),
        ("[[flow]]\nid = \"f\"\nuse = \"call\"\nwith = { pth = \"x\" }\n", "9:10", "did you mean `path`?"),
        (
            "[[check]]\nid = \"A\"\nlevel = \"must\"\nat = [\"f.s\"]\nrule = \"true\"\nsay = \"x\"\n",
            "7:6",
            "`at` names no step",
        ),
        ("[environments.other]\nurl = \"x\"\n", "6:15", "differ"),
        ("[inputs.a]\nhelp = 5\n", "7:8", "stands where a string is wanted"),
        ("extends = \"dnbb\"\n", "1:11", "no profile `dnbb` to extend; did you mean `dnb`?"),
    ] {
        let toml = if !more.starts_with('[') { format!("{more}{good}") } else { format!("{good}{more}") };
        let refused = library.check("mine.toml", &toml).expect_err(more);
        let line = refused.lines.iter().find(|l| l.contains(text)).unwrap_or_else(|| panic!("{more}: {refused}"));
        assert!(line.starts_with(&format!("mine.toml:{at}")), "{more}: {line}");
    }
}

#[test]
fn a_secret_in_a_profile_is_refused_and_not_shown() {
    let good = "schema = 1\nid = \"mine\"\nextends = \"dnb\"\nenvironment = \"sandbox\"\n";
    for (more, secret) in [
        ("[values]\nclient_id = '''-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByq'''\n", "MIGHAgEAMBMGByq"),
        ("[inputs.client_secret]\nclass = \"secret\"\ndefault = \"hunter2hunter2\"\n", "hunter2hunter2"),
        ("[values]\nscope = 7\nclient_id = \"eyJhbGciOiJub25lIn0.eyJhIjoxMjM0NTY3fQ.c2lnbmF0dXJl\"\n", "c2lnbmF0dXJl"),
        ("[inputs.client_secret]\nhelp = [\"hunter3hunter3\"]\n", "hunter3hunter3"),
        ("[inputs]\nclient_secret = \"hunter4hunter4\"\n", "hunter4hunter4"),
    ] {
        let refused = Library::embedded().check("mine.toml", &format!("{good}{more}")).expect_err(more);
        assert!(!refused.to_string().contains(secret), "{refused}");
    }
}

#[test]
fn a_saved_profile_inherits_and_overrides() {
    let mut library = Library::embedded();
    library.add("acme.toml", "schema = 1\nid = \"acme-dnb\"\nname = \"Acme\"\nextends = \"dnb\"\nenvironment = \"sandbox\"\n[values]\nclient_id = \"abc\"\n[keys.signing]\nref = \"file:a.pem\"\n[levels]\nCA-06 = \"off\"\n");
    let loaded = library.load("acme-dnb").expect("loads");
    assert_eq!(loaded.profile.lineage, ["acme-dnb", "dnb"]);
    assert_eq!(loaded.profile.role("signing").and_then(|r| r.reference.as_deref()), Some("file:a.pem"));
    assert_eq!(loaded.profile.values, [("client_id".to_owned(), "abc".into())]);
    assert_eq!(loaded.profile.flows.len(), library.load("dnb").expect("loads").profile.flows.len());
    assert_eq!(loaded.profile.levels.get("CA-06"), Some(&None));
}

/// A profile that only chooses is shown as its bank is, with its own name, environment and keys; what does not fit is told.
#[test]
fn saved_profiles_are_listed_from_their_bank() {
    let saved = |more: &str| {
        format!("schema = 1\nid = \"acme\"\nname = \"Acme\"\nextends = \"dnb\"\nenvironment = \"production\"\n{more}")
    };
    let brief = |more: &str| {
        let mut library = Library::embedded();
        library.add("acme.toml", saved(more));
        library.briefs().find(|b| match b {
            Ok(brief) => brief.summary.id == "acme",
            Err((id, _)) => id == "acme",
        })
    };
    let keys = "[values]\nclient_id = \"x\"\n[keys.signing]\nref = \"file:k.pem\"\n";
    let chosen = brief(keys).expect("listed").expect("it fits");
    let check = "[[check]]\nid = \"ACME-01\"\nlevel = \"info\"\nrule = \"true\"\nsay = \"always\"\n";
    let compiled = brief(&format!("{keys}{check}")).expect("listed").expect("it fits");
    assert_eq!(chosen.summary, compiled.summary, "the short way and the long way say the same");
    assert_eq!(
        (chosen.keys.clone(), chosen.environment.clone()),
        (compiled.keys.clone(), compiled.environment.clone())
    );
    assert_eq!((chosen.summary.name.as_str(), chosen.summary.environments.len()), ("Acme", 1));
    assert!(chosen.keys.contains(&("signing".into(), Some("file:k.pem".into()))));
    for (wrong, said) in [
        ("[values]\nnothing = \"x\"\n", "nothing"),
        ("[keys.nobody]\nref = \"file:k.pem\"\n", "nobody"),
        ("[values]\nclient_id = \"-----BEGIN PRIVATE KEY-----\"\n", "private key"),
    ] {
        let (_, refused) = brief(wrong).expect("listed").expect_err(wrong);
        assert!(refused.lines.iter().any(|l| l.contains(said)), "{refused:?}");
    }
}
