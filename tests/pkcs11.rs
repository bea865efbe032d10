//! Real tokens, of SoftHSM; `.ci/peers/softhsm.sh test` makes them, in two configurations.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests speak plainly"
)]

#[path = "it/support.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::clock::SystemClock;
use countersign::config::Places;
use countersign::flow::view::ErrorSource;
use countersign::jose::{Alg, verify};
use countersign::keys::pkcs11::Pkcs11;
use countersign::keys::{
    Certify, Delete, Deleted, Generate, Given, Key, KeyError, KeySpec, KeyStore, KeyUri, NobodyUnlocks, Unlock, Wanted,
};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::Session;
use futures_util::future::BoxFuture;

use support::{Bank, dnb_ends_done, dnb_fails, session_at};

fn module() -> PathBuf {
    PathBuf::from(std::env::var_os("COUNTERSIGN_PKCS11_MODULES").expect("softhsm.sh names the module"))
}

fn store() -> Pkcs11 {
    Pkcs11::new(vec![module()], Arc::new(Given(Secret::new("1234"))))
}

/// Nobody knows a PIN.
fn onlooker() -> Pkcs11 {
    Pkcs11::new(vec![module()], Arc::new(NobodyUnlocks))
}

fn uri(text: &str) -> KeyUri {
    format!("pkcs11:{text}").parse().expect("a reference")
}

async fn told<T>(result: impl Future<Output = Result<T, KeyError>>) -> String {
    result.await.map_or_else(|e| format!("{}: {e}: {}", e.id, e.hint), |_| "well".to_owned())
}

async fn signs(key: &dyn Key, alg: Alg) {
    let signature = key.sign(alg, b"x").await.unwrap_or_else(|e| panic!("{alg}: {e}"));
    assert_eq!(verify(alg, &key.info().public, b"x", &signature), Ok(()), "{alg}");
}

async fn session_with_pin(pin: &str) -> (Bank, Session) {
    let bank = Bank::start().await;
    let mut session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let places = Places { config: None, data: Some(bank.folder().to_owned()) };
    assert_eq!(session.keep(&places, Arc::new(Given(Secret::new(pin)))), []);
    (bank, session)
}

/// What another program sees.
fn tool(arguments: &[&str]) -> Output {
    Command::new("pkcs11-tool").arg("--module").arg(module()).args(arguments).output().expect("pkcs11-tool")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A copy of the module is another library to this process, with a state of its own.
const COPY: &str = "libcopy.so";

fn copy_of_module(folder: &Path) -> PathBuf {
    let copy = folder.join(COPY);
    std::fs::copy(module(), &copy).expect("copied");
    copy
}

mod full {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags};
    use cryptoki::mechanism::Mechanism;
    use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass};
    use cryptoki::session::{Session, UserType};
    use cryptoki::slot::Slot;
    use openssl::asn1::{Asn1Integer, Asn1Time};
    use openssl::bn::BigNum;
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, PKeyRef, Private, Public};
    use openssl::x509::extension::BasicConstraints;
    use openssl::x509::{X509, X509Builder, X509NameBuilder, X509Ref};

    use super::*;

    /// A session of somebody else, logged in.
    fn other_program(folder: &Path, token: &str) -> Session {
        let library = cryptoki::context::Pkcs11::new(copy_of_module(folder)).expect("loaded");
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).expect("initialised");
        let slots = library.get_slots_with_token().expect("slots");
        let fits = |s: &Slot| library.get_token_info(*s).is_ok_and(|i| i.label().trim() == token);
        let session = library.open_rw_session(slots.into_iter().find(fits).expect("the token")).expect("a session");
        session.login(UserType::User, Some(&"1234".into())).expect("logged in");
        session
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn keys_are_made_sign_in_every_way_and_stay_on_the_token() {
        let store = store();
        let kinds: [(&str, KeySpec, &[Alg]); 4] = [
            ("p256", KeySpec::P256, &[Alg::Es256]),
            ("p384", KeySpec::P384, &[Alg::Es384]),
            ("p521", KeySpec::P521, &[Alg::Es512]),
            ("rsa", KeySpec::Rsa(2048), &[Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512]),
        ];
        let mut all = Vec::new();
        for (name, spec, algs) in kinds {
            let at = uri(&format!("token=work;object={name}"));
            let made = store.generate(&at, &spec.into()).await.expect("made");
            assert!(!made.info().exportable && made.info().spec == spec, "{name}");
            let key = store.open(&at).await.expect("opened");
            assert_eq!(key.info().public, made.info().public);
            for alg in algs {
                signs(&*key, *alg).await;
            }
            all.push(told(store.generate(&at, &spec.into())).await);
            all.push(told(key.sign(Alg::EdDsa, b"x")).await);
        }
        let listed = store.list().await.expect("listed");
        let work: Vec<_> = listed.iter().map(|i| i.uri.to_string()).filter(|u| u.contains("token=work")).collect();
        assert_eq!(work.len(), 4, "{work:?}");

        let outside = text(&tool(&["--token-label", "work", "--login", "--pin", "1234", "--list-objects"]));
        let private = outside.split("Private Key Object").nth(1).expect("a private key");
        let access = private.lines().find(|l| l.contains("Access:")).expect("its access");
        assert_eq!(access.trim(), "Access:     sensitive, always sensitive, never extractable, local");
        let usage = outside.split("Private Key Object").skip(1).map(|o| o.lines().find(|l| l.contains("Usage:")));
        assert!(usage.flatten().all(|u| u.trim() == "Usage:      sign"), "{outside}");
        let ids: Vec<&str> = outside.lines().filter_map(|l| l.trim().strip_prefix("ID:")).map(str::trim).collect();
        assert_eq!(ids.len(), 8);
        let shared = |id: &&str| ids.iter().filter(|i| i == &id).count() == 2;
        assert!(ids.iter().all(shared), "a private and a public key share each id: {ids:?}");

        let folder = tempfile::tempdir().expect("a folder");
        let session = other_program(folder.path(), "work");
        let keys = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).expect("found");
        assert_eq!(keys.len(), 4);
        let values = [AttributeType::Value, AttributeType::PrivateExponent, AttributeType::Prime1];
        for key in keys {
            let seen = session.get_attribute_info(key, &values).expect("asked");
            assert!(seen.iter().all(|s| !matches!(s, AttributeInfo::Available(_))), "{seen:?}");
            assert!(seen.iter().any(|s| matches!(s, AttributeInfo::Sensitive)), "{seen:?}");
            let label = session.get_attribute_info(key, &[AttributeType::Label]).expect("asked");
            assert!(matches!(label[..], [AttributeInfo::Available(_)]), "what is no secret is seen: {label:?}");
        }
        drop(session);

        for (name, ..) in kinds {
            let at = uri(&format!("token=work;object={name}"));
            assert_eq!(store.delete(&at).await, Ok(Deleted::ForGood));
            all.push(told(store.open(&at)).await);
            all.push(told(store.restore(&at)).await);
        }
        insta::assert_snapshot!("taken_cannot_and_gone", all.join("\n"));
        let outside = text(&tool(&["--token-label", "work", "--login", "--pin", "1234", "--list-objects"]));
        assert!(!outside.contains("Object"), "{outside}");
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn looking_needs_no_pin_and_says_what_will() {
        let store = onlooker();
        let listed = store.list().await.expect("listed");
        let info = listed.iter().find(|i| i.uri == uri("token=seen;object=plain")).expect("it is seen");
        assert!(info.costly);
        let key = store.open(&info.uri).await.expect("opened");
        let refused = told(key.sign(Alg::Es256, b"x")).await;
        insta::assert_snapshot!(format!("{}\n{refused}", info.warning.as_deref().unwrap_or_default()));
    }

    /// Two wrong PINs and a right one; what was asked is counted.
    struct Person(AtomicUsize);

    impl Unlock for Person {
        fn ask(&self, _: Wanted) -> BoxFuture<'_, Option<Secret>> {
            let pin = ["9999", "9999", "1234"].get(self.0.fetch_add(1, Ordering::SeqCst));
            Box::pin(async move { pin.map(|p| Secret::new(*p)) })
        }
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn a_wrong_pin_is_told_once_and_a_right_one_is_good_for_all() {
        let person = Arc::new(Person(AtomicUsize::new(0)));
        let store = Pkcs11::new(vec![module()], person.clone());
        let key = store.open(&uri("token=wrong;object=plain")).await.expect("opened");
        let first = told(key.sign(Alg::Es256, b"x")).await;
        let second = told(key.sign(Alg::Es256, b"x")).await;
        insta::assert_snapshot!(format!("{first}\n{second}"));
        for _ in 0..3 {
            signs(&*key, Alg::Es256).await;
        }
        assert_eq!(person.0.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn what_cannot_be_used_is_told() {
        let store = store();
        let mut all = Vec::new();
        for text in [
            "token=absent;object=a",
            "token=twin;object=a",
            "token=foreign;object=none",
            "token=foreign;object=double",
            "token=foreign;object=strange",
            "token=foreign;object=private-only",
        ] {
            all.push(format!("{text}: {}", told(store.open(&uri(text))).await));
        }
        signs(&*store.open(&uri("token=foreign;object=double;id=%04")).await.expect("opened"), Alg::Es384).await;
        for (name, alg) in
            [("each-time", Alg::Es256), ("public-only", Alg::Es256), ("weak", Alg::Rs256), ("plain", Alg::Es384)]
        {
            // without its private half a key is known before login only
            let key = match store.open(&uri(&format!("token=foreign;object={name}"))).await {
                Ok(key) => told(key.sign(alg, b"x")).await,
                Err(e) => format!("{}: {e}: {}", e.id, e.hint),
            };
            all.push(format!("{name}: {key}"));
        }
        insta::assert_snapshot!(all.join("\n"));
        let loose = store.open(&uri("token=foreign;object=loose")).await.expect("opened");
        assert!(loose.info().exportable, "{:?}", loose.info().warning);
        signs(&*loose, Alg::Es256).await;
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn a_key_that_may_not_sign_and_a_module_that_is_taken_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let session = other_program(folder.path(), "made");
        let common = [Attribute::Token(true), Attribute::Label(b"mute".to_vec()), Attribute::Id(vec![1])];
        let public = [&common[..], &[Attribute::ModulusBits(2048.into()), Attribute::Private(false)]].concat();
        let private =
            [&common[..], &[Attribute::Sign(false), Attribute::Private(true), Attribute::Decrypt(false)]].concat();
        session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).expect("made");

        let key = store().open(&uri("token=made;object=mute")).await.expect("opened");
        let mut all = vec![told(key.sign(Alg::Rs256, b"x")).await];
        all.push(told(key.as_unwrap().expect("RSA").unwrap("RSA-OAEP", b"x")).await);
        let taken = Pkcs11::new(vec![folder.path().join(COPY)], Arc::new(NobodyUnlocks));
        all.push(told(taken.open(&uri("token=made;object=mute"))).await);
        insta::assert_snapshot!(all.join("\n").replace(folder.path().to_str().expect("a path"), "DIR"));
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn files_that_are_no_modules_are_told_with_their_hash() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let maps = std::fs::read_to_string("/proc/self/maps").expect("the maps");
        let libc = maps.lines().filter_map(|l| l.split_whitespace().last()).find(|p| p.contains("libc.so"));
        let writable = copy_of_module(folder.path());
        std::fs::set_permissions(&writable, std::fs::Permissions::from_mode(0o666)).expect("set");
        let cut = folder.path().join("cut.so");
        std::fs::write(&cut, &std::fs::read(module()).expect("read")[..4096]).expect("written");
        let mut all = Vec::new();
        for path in [PathBuf::from(libc.expect("a C library")), writable, cut, folder.path().join("absent.so")] {
            let store = Pkcs11::new(vec![path.clone()], Arc::new(NobodyUnlocks));
            let error = told(store.open(&uri("object=a"))).await;
            assert_eq!(told(store.list()).await, error, "the list says the same");
            all.push(error.replace(path.to_str().expect("a path"), "MODULE"));
        }
        // one that is broken does not hide the other
        let both = Pkcs11::new(vec![folder.path().join("absent.so"), module()], Arc::new(NobodyUnlocks));
        assert!(both.open(&uri("token=seen;object=plain")).await.is_ok());
        assert!(both.list().await.is_ok_and(|keys| !keys.is_empty()));
        insta::with_settings!({filters => vec![("SHA-256 [0-9a-f]{64}", "SHA-256 HEX")]}, {
            insta::assert_snapshot!(all.join("\n"));
        });
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn a_content_key_is_unwrapped_and_nothing_is_said_about_a_damaged_one() {
        use openssl::encrypt::Encrypter;
        use openssl::rsa::Padding;
        let key = store().open(&uri("token=foreign;object=unwrap")).await.expect("opened");
        let public = PKey::public_key_from_der(&key.info().public.to_spki_der()).expect("a key");
        let mut encrypter = Encrypter::new(&public).expect("an encrypter");
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
        let mut wrapped = vec![0; encrypter.encrypt_len(&[7; 32]).expect("a size")];
        let size = encrypter.encrypt(&[7; 32], &mut wrapped).expect("wrapped");
        wrapped.truncate(size);
        let unwrap = key.as_unwrap().expect("it is RSA");
        assert_eq!(unwrap.unwrap("RSA-OAEP", &wrapped).await, Ok(vec![7; 32]));
        let mut all = vec![told(unwrap.unwrap("RSA-OAEP-256", &wrapped)).await];
        all.push(told(unwrap.unwrap("RSA1_5", &wrapped)).await);
        wrapped[20] ^= 1;
        all.push(told(unwrap.unwrap("RSA-OAEP", &wrapped)).await);
        all.push(told(unwrap.unwrap("RSA-OAEP", &wrapped[1..])).await);
        insta::assert_snapshot!(all.join("\n"));
        let ec = store().open(&uri("token=foreign;object=plain")).await.expect("opened");
        assert!(ec.as_unwrap().is_none());
    }

    fn certificate(
        name: &str,
        key: &PKeyRef<Public>,
        by: Option<(&X509Ref, &PKeyRef<Private>)>,
        own: &PKeyRef<Private>,
        days: u32,
    ) -> X509 {
        let mut subject = X509NameBuilder::new().expect("a name");
        subject.append_entry_by_text("CN", name).expect("a name");
        let subject = subject.build();
        let mut new = X509Builder::new().expect("a builder");
        new.set_version(2).expect("set");
        new.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(days).expect("a number")).expect("set"))
            .expect("set");
        new.set_subject_name(&subject).expect("set");
        new.set_issuer_name(by.map_or(&subject, |(issuer, _)| issuer.subject_name())).expect("set");
        new.set_pubkey(key).expect("set");
        new.set_not_before(&Asn1Time::days_from_now(0).expect("a time")).expect("set");
        new.set_not_after(&Asn1Time::days_from_now(days).expect("a time")).expect("set");
        if days > 1000 {
            new.append_extension(BasicConstraints::new().critical().ca().build().expect("an extension")).expect("set");
        }
        new.sign(by.map_or(own, |(_, key)| key), MessageDigest::sha256()).expect("signed");
        new.build()
    }

    fn fresh() -> (PKey<Private>, PKey<Public>) {
        let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).expect("a curve");
        let key = PKey::from_ec_key(openssl::ec::EcKey::generate(&group).expect("a key")).expect("a key");
        let public = PKey::public_key_from_der(&key.public_key_to_der().expect("DER")).expect("a key");
        (key, public)
    }

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn a_certificate_is_kept_beside_its_key_and_leads_to_its_issuers() {
        let (store, at) = (store(), uri("token=chain;object=qwac"));
        let key = store.generate(&at, &KeySpec::P256.into()).await.expect("made");
        let public = PKey::public_key_from_der(&key.info().public.to_spki_der()).expect("a key");
        let ((root_key, root_public), (middle_key, middle_public)) = (fresh(), fresh());
        let root = certificate("Root", &root_public, None, &root_key, 4000);
        let middle = certificate("Middle", &middle_public, Some((&root, &root_key)), &root_key, 2000);
        let issued = |days| certificate("QWAC", &public, Some((&middle, &middle_key)), &root_key, days);
        let stranger = certificate("Stranger", &middle_public, None, &middle_key, 90);
        let der = |x: &X509| x.to_der().expect("DER");

        let refused = [told(store.certify(&at, vec![der(&stranger)])).await, told(store.certify(&at, vec![])).await];
        insta::with_settings!({filters => vec![(r"[A-Za-z0-9_-]{43}", "THUMBPRINT")]}, {
            insta::assert_snapshot!("certificates_refused", refused.join("\n"));
        });
        let old = issued(90);
        let kept = store.certify(&at, vec![der(&old), der(&middle), der(&root)]).await.expect("kept");
        assert_eq!(kept.info().chain, [der(&old), der(&middle), der(&root)]);
        // one that is valid longer takes its place; the issuers are there already
        let new = issued(400);
        let kept = store.certify(&at, vec![der(&new), der(&middle)]).await.expect("kept");
        assert_eq!(kept.info().chain, [der(&new), der(&middle), der(&root)]);
        let count = || text(&tool(&["--token-label", "chain", "--list-objects"])).matches("Certificate Object").count();
        assert_eq!(count(), 4);
        // without a PIN it is seen too, and an issuer is no key
        let listed = onlooker().list().await.expect("listed");
        let seen: Vec<_> = listed.iter().filter(|i| i.uri.to_string().contains("token=chain")).collect();
        assert!(seen.len() == 1 && seen[0].chain.len() == 3, "{seen:?}");
        // the certificates of the key go with it, those of others stay
        store.delete(&at).await.expect("deleted");
        assert_eq!(count(), 2);
    }

    fn countersign(pin: Option<&str>, folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["--data-dir".as_ref(), folder.as_os_str()]).arg("keys").args(arguments);
        command.env_remove("COUNTERSIGN_PKCS11_MODULES");
        if let Some(pin) = pin {
            let file = folder.join("pin");
            std::fs::write(&file, pin).expect("written");
            command.arg("--unlock-from").arg(file);
        }
        let out = command.output().expect("countersign runs");
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    }

    #[test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    fn the_command_line_makes_shows_requests_certifies_and_deletes() {
        const KEY: &str = "pkcs11:token=shell;object=signing";
        let folder = tempfile::tempdir().expect("a folder");
        let none = countersign(None, folder.path(), &["show", KEY]);
        assert!(none.0 == Some(3) && none.2.contains("no PKCS#11 module is configured"), "{none:?}");
        let settings = format!("[pkcs11]\nmodules = [{:?}]\ncolour = 1\n", module().to_str().expect("a path"));
        std::fs::write(folder.path().join("config.toml"), settings).expect("written");

        let made = countersign(Some("1234\n"), folder.path(), &["new", KEY, "--alg", "ES256"]);
        assert!(made.0 == Some(0) && made.1.contains("\"crv\":\"P-256\""), "{made:?}");
        assert!(made.2.contains("config.toml:3: `colour` is not known"), "{made:?}");
        let listed = countersign(None, folder.path(), &["list"]);
        assert!(listed.1.contains(KEY) && listed.1.contains("note: the token asks for its PIN"), "{listed:?}");
        let shown = countersign(None, folder.path(), &["show", KEY]);
        assert!(shown.1.contains("can leave   no") && shown.1.contains("PIN"), "{shown:?}");
        let public = countersign(None, folder.path(), &["public", KEY, "--pem"]);
        assert!(public.1.starts_with("-----BEGIN PUBLIC KEY-----"), "{public:?}");
        let csr = ["csr", KEY, "--profile", "qseal", "--subject", "CN=Acme AS,O=Acme AS,C=NO"];
        let refused = countersign(None, folder.path(), &csr);
        assert!(refused.0 == Some(3) && refused.2.contains("wants its PIN"), "{refused:?}");
        let wrong = countersign(Some("4321"), folder.path(), &csr);
        assert!(wrong.0 == Some(3) && wrong.2.contains("is wrong") && !wrong.2.contains("4321"), "{wrong:?}");
        let request = countersign(Some("1234"), folder.path(), &csr);
        let read = openssl::x509::X509Req::from_pem(request.1.as_bytes()).expect("a request");
        let key = read.public_key().expect("its key");
        assert!(read.verify(&key).expect("checked"));

        let (root_key, root_public) = fresh();
        let root = certificate("Root", &root_public, None, &root_key, 4000);
        let leaf = certificate("Seal", &key, Some((&root, &root_key)), &root_key, 90);
        let pem = [leaf.to_pem().expect("PEM"), root.to_pem().expect("PEM")].concat();
        let file = folder.path().join("seal.pem");
        std::fs::write(&file, pem).expect("written");
        let file = file.to_str().expect("a path");
        let kept = countersign(Some("1234"), folder.path(), &["certify", KEY, file]);
        assert!(kept.0 == Some(0) && kept.2.contains("in a chain of 2"), "{kept:?}");
        let shown = countersign(None, folder.path(), &["show", KEY]);
        assert!(shown.1.contains("certificate 2 of 2"), "{shown:?}");

        let import = folder.path().join("key.pem");
        std::fs::write(&import, root_key.private_key_to_pem_pkcs8().expect("PEM")).expect("written");
        let import = import.to_str().expect("a path");
        let import =
            countersign(Some("1234"), folder.path(), &["import", import, "--to", "pkcs11:token=shell;object=b"]);
        assert!(import.0 == Some(3) && import.2.contains("not made safe by bringing it in"), "{import:?}");
        let secret = countersign(None, folder.path(), &["show", "pkcs11:object=a?pin-value=1234"]);
        assert!(secret.0 == Some(2) && !secret.2.contains("1234"), "{secret:?}");

        let all = [none.2, refused.2, wrong.2, import.2, secret.2].join("\n");
        insta::assert_snapshot!("command_line_refused", all.replace(folder.path().to_str().expect("a path"), "DIR"));

        let gone = countersign(Some("1234"), folder.path(), &["delete", "--yes", KEY]);
        assert!(gone.0 == Some(0) && gone.2.contains("is gone"), "{gone:?}");
        assert!(!countersign(None, folder.path(), &["list"]).1.contains(KEY));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn a_bank_takes_the_signing_key_and_the_tls_key_of_a_token() {
        let (bank, session) = session_with_pin("1234").await;
        let (signing, transport, rsa) =
            (uri("token=flow;object=signing"), uri("token=flow;object=transport"), uri("token=flow;object=rsa"));
        for (at, spec) in [(&signing, KeySpec::P256), (&transport, KeySpec::P256), (&rsa, KeySpec::Rsa(2048))] {
            session.stores.generate(at, &spec.into()).await.expect("made");
        }
        for flow in ["register", "token", "call"] {
            dnb_ends_done(&session, flow, &[("signing", &signing)]).await;
            dnb_ends_done(&session, flow, &[("signing", &signing), ("transport", &transport)]).await;
            dnb_ends_done(&session, flow, &[("transport", &rsa)]).await;
        }
        drop(bank);
        // the token refuses in the middle of the handshake: that is the key's error
        let (_bank, session) = session_with_pin("9999").await;
        let refused = uri("token=refused;object=plain");
        let error = dnb_fails(&session, "discover", &[("transport", &refused)]).await;
        assert_eq!((error.source, error.id.as_str()), (ErrorSource::Key, "key.pin"), "{error:?}");
        insta::assert_snapshot!(
            "flow_refused",
            format!("{}: {}: {}", error.id, error.text, error.hint.as_deref().unwrap_or_default())
        );
    }
}

/// The token has no PSS, and no OAEP.
mod few {
    use super::*;

    #[tokio::test]
    #[ignore = "needs SoftHSM (.ci/run provides it)"]
    async fn a_mechanism_that_is_missing_is_named() {
        let (store, at) = (store(), uri("token=work;object=rsa"));
        let key = store.generate(&at, &KeySpec::Rsa(2048).into()).await.expect("made");
        signs(&*key, Alg::Rs256).await;
        let mut all = vec![told(key.sign(Alg::Ps256, b"x")).await];
        let unwrap = store.open(&uri("token=foreign;object=unwrap")).await.expect("opened");
        all.push(told(unwrap.as_unwrap().expect("RSA").unwrap("RSA-OAEP", &[0; 256])).await);
        insta::assert_snapshot!(all.join("\n"));
    }
}
