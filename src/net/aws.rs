//! The requests of AWS's SDK, on our own client: one TLS stack, no redirect, no proxy, nothing sent twice.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::fault::Fault;
use super::provider::{install_provider, provider};
use super::target::Target;
use super::trust::{TlsTime, Trust};
use crate::clock::Clock;

/// The most that is read of an answer.
const LIMIT: usize = 1 << 20;
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(15);

/// A client for AWS's SDK. Connects, and reads the system's authorities, with its first request.
pub fn aws_http(clock: Arc<dyn Clock>) -> SharedHttpClient {
    let ours = SharedHttpConnector::new(Connector(Arc::new(Inner { clock, client: OnceCell::new() })));
    http_client_fn(move |_: &HttpConnectorSettings, _: &RuntimeComponents| ours.clone())
}

#[derive(Clone, Debug)]
struct Connector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    client: OnceCell<reqwest::Client>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.0.clone();
        HttpConnectorFuture::new(async move { inner.send(request).await })
    }
}

impl Inner {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        allowed(request.uri())?;
        let whole = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
        let (parts, body) = whole.into_parts();
        let bytes = body.bytes().map(<[u8]>::to_vec).unwrap_or_default();
        let request = reqwest::Request::try_from(http::Request::from_parts(parts, bytes))
            .map_err(|e| ConnectorError::user(e.without_url().into()))?;
        let client = self.client.get_or_try_init(|| self.build()).await;
        let client = client.map_err(|fault| ConnectorError::user(fault.text.into()))?;
        let mut response = client.execute(request).await.map_err(broken)?;
        let mut out = http::Response::builder().status(response.status());
        if let Some(headers) = out.headers_mut() {
            *headers = response.headers().clone();
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LIMIT {
                return Err(ConnectorError::user("the answer is larger than 1 MB".into()));
            }
            body.extend_from_slice(&chunk);
        }
        let out = out.body(SdkBody::from(body)).map_err(|e| ConnectorError::other(e.into(), None))?;
        HttpResponse::try_from(out).map_err(|e| ConnectorError::other(e.into(), None))
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the clients are built")]
    async fn build(&self) -> Result<reqwest::Client, Fault> {
        install_provider();
        let internal = || Fault::new("net.internal", "the HTTP client cannot be set up", "report this");
        let verifier = Trust::default().verifier(None).await?;
        let config = ClientConfig::builder_with_details(provider(), Arc::new(TlsTime(self.clock.clone())))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|_| internal())?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .tls_backend_preconfigured(config)
            .build()
            .map_err(|_| internal())
    }
}

/// https, and what never leaves this machine or its hypervisor: loopback and the link-local addresses of metadata services.
fn allowed(url: &str) -> Result<(), ConnectorError> {
    if Target::parse(url).is_ok() || Url::parse(url).is_ok_and(|u| u.scheme() == "http" && link_local(u.host())) {
        return Ok(());
    }
    Err(ConnectorError::user("AWS is called with https only; plain http is for this machine".into()))
}

fn link_local(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(ip)) => ip.is_link_local(),
        // fd00:ec2::/32 is AWS's own
        Some(Host::Ipv6(ip)) => ip.segments()[..2] == [0xfd00, 0x0ec2],
        _ => false,
    }
}

fn broken(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (url, good) in [
            ("https://kms.eu-west-1.amazonaws.com/", true),
            ("http://127.0.0.1:5000/", true),
            ("http://169.254.169.254/latest/api/token", true),
            ("http://169.254.170.2/v2", true),
            ("http://[fd00:ec2::254]/latest", true),
            ("http://kms.eu-west-1.amazonaws.com/", false),
            ("http://10.0.0.1/", false),
            ("http://[fd00:ec3::254]/", false),
            ("ftp://127.0.0.1/", false),
        ] {
            assert_eq!(allowed(url).is_ok(), good, "{url}");
        }
    }
}
