//! The login page as a browser drives it, and the end user played without one.

use super::*;
use crate::sandbox::danske::person::PEOPLE;
use crate::sandbox::{Refusal, Trouble};

#[tokio::test]
async fn the_page_shows_who_asks_and_lets_a_person_agree_or_cancel() {
    let rig = Rig::start().await;
    let page = rig.ask(&rig.object()).await;
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let shown = text(&page);
    assert!(shown.contains(SERVICE_NAME) && shown.contains(&PEOPLE[2].name()) && shown.contains("SANDBOX"));

    let allowed = rig.decide(&page, &[("person", "1"), ("decision", "allow")]).await;
    let sent = parameters(&allowed);
    assert!(sent["code"].len() >= 22 && sent["state"] == STATE && sent.len() == 2);

    let page = rig.ask(&rig.object()).await;
    let denied = rig.decide(&page, &[("person", "1"), ("decision", "deny")]).await;
    assert_sent_back(&denied, "access_denied", "cancelled");
}

#[tokio::test]
async fn a_page_is_answered_once_and_soon() {
    let rig = Rig::start().await;
    let allow = [("person", "0"), ("decision", "allow")];
    let page = rig.ask(&rig.object()).await;
    assert_eq!(rig.decide(&page, &allow).await.status, 303);
    assert_page(&rig.decide(&page, &allow).await, "invalid_request", "answered before");
    let page = rig.ask(&rig.object()).await;
    rig.hands.forward(600);
    assert_page(&rig.decide(&page, &allow).await, "invalid_request", "too old");
}

#[tokio::test]
async fn answers_that_make_no_sense_are_refused_and_cost_nothing() {
    let rig = Rig::start().await;
    let page = rig.ask(&rig.object()).await;
    for (fields, word) in [
        (&[("decision", "allow")][..], "Nobody"),
        (&[("decision", "allow"), ("person", "3")], "Nobody"),
        (&[("decision", "allow"), ("person", "-1")], "Nobody"),
        (&[("person", "0")], "Nothing was decided"),
        (&[("decision", "maybe"), ("person", "0")], "Nothing was decided"),
        (&[("session", "twice")], "more than once"),
    ] {
        assert_page(&rig.decide(&page, fields).await, "invalid_request", word);
    }
    let json = rig.send(("POST", LOGIN_PATH), &[("content-type", "application/json")], "{}").await;
    assert_eq!(json.status, 415);
    assert_eq!(rig.decide(&page, &[("person", "0"), ("decision", "allow")]).await.status, 303);
}

#[tokio::test]
async fn form_post_sends_the_browser_on_with_a_form() {
    let rig = Rig::start().await;
    let page = rig.ask(&rig.object().claim("response_mode", "form_post")).await;
    let reply = rig.decide(&page, &[("person", "0"), ("decision", "allow")]).await;
    let form = text(&reply);
    assert_eq!(reply.status, 200);
    assert!(form.contains(&format!("action=\"{}\"", REDIRECT_URIS[0])), "{form}");
    assert!(reply.header("content-security-policy").contains("script-src 'sha256-"));
    assert_eq!(hidden(&form, "state"), STATE);
    let token = rig.redeem(&rig.fields(&hidden(&form, "code"))).await;
    assert_eq!(token.status, 200);
}

#[tokio::test]
async fn foreign_text_on_a_page_is_text() {
    let rig = Rig::start().await;
    let object = rig.object().claim("response_mode", "form_post").claim("state", "\"><script>alert(1)</script>");
    let login = rig.ask(&object).await;
    let page = text(&rig.decide(&login, &[("person", "0"), ("decision", "deny")]).await);
    assert!(page.contains("&quot;&gt;&lt;script&gt;alert(1)") && !page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn the_person_is_played_where_there_is_no_browser() {
    let rig = Rig::start().await;
    let people = rig.world.people();
    let play = async |object: &Draft| people.authorize(BANK, &rig.url(object), REDIRECT_URIS[0]).await.unwrap();
    let url = play(&rig.object()).await.unwrap();
    let query = url.strip_prefix(REDIRECT_URIS[0]).unwrap().strip_prefix('?').unwrap();
    let sent: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(sent["state"], STATE);
    assert_eq!(rig.redeem(&rig.fields(&sent["code"])).await.status, 200);

    let posted = play(&rig.object().claim("response_mode", "form_post")).await.unwrap();
    assert!(posted.starts_with("code=") && posted.ends_with(&format!("&state={STATE}")), "{posted}");
    rig.world.trouble().on(Trouble::AtAuthorize(Refusal::AccessDenied));
    assert!(play(&rig.object()).await.unwrap().contains("error=access_denied"));
    rig.world.trouble().clear();
    let nowhere = play(&rig.object().without("redirect_uri")).await.unwrap_err();
    assert!(nowhere.contains("redirect_uri") && nowhere.contains("Trace ID"), "{nowhere}");
    assert!(play(&rig.object().claim("redirect_uri", REDIRECT_URIS[1])).await.unwrap_err().contains("another address"));
    assert!(people.authorize(BANK, "https://elsewhere.example/authorize?x=y", REDIRECT_URIS[0]).await.is_none());
    assert!(people.answer(BANK, "submit", &BTreeMap::new()).await.is_none());
}

#[tokio::test]
async fn an_address_with_a_query_of_its_own_keeps_it() {
    let rig = Rig::start().await;
    let page = rig.ask(&rig.object().claim("redirect_uri", REDIRECT_URIS[1])).await;
    let reply = rig.decide(&page, &[("person", "0"), ("decision", "allow")]).await;
    let sent = reply.header("location").strip_prefix(REDIRECT_URIS[1]).unwrap().to_owned();
    assert!(sent.starts_with("&code="), "{sent}");
}

#[tokio::test]
async fn a_browser_finds_the_pages_on_loopback_and_nothing_else() {
    let rig = Rig::start().await;
    let here = |url: &str| rig.world.for_browser(url).unwrap();
    let (status, _, page) = crate::sandbox::testing::plainly(&here(&rig.url(&rig.object())), "GET", "").await;
    assert!(status == 200 && page.contains(SERVICE_NAME), "{page}");
    let body = encode(&[("session", &hidden(&page, "session")), ("person", "0"), ("decision", "allow")]);
    let login = here(&format!("https://{HOST}{LOGIN_PATH}"));
    let (status, location, _) = crate::sandbox::testing::plainly(&login, "POST", &body).await;
    let query = location.strip_prefix(REDIRECT_URIS[0]).unwrap().strip_prefix('?').unwrap();
    let sent: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!((status, sent["state"].as_str()), (303, STATE));
    assert_eq!(rig.redeem(&rig.fields(&sent["code"])).await.status, 200);

    assert_eq!(crate::sandbox::testing::plainly(&here(TOKEN_ENDPOINT), "POST", "").await.0, 404);
    assert_eq!(rig.world.for_browser("https://elsewhere.example/connect/authorize"), None);
    assert_eq!(rig.world.for_browser(&format!("https://{HOST}.evil.example/")), None);
    assert!(rig.world.describe().iter().any(|(what, at)| what.contains("pages") && login.starts_with(at)));
}
