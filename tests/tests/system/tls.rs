//! TLS at the registry, and certificates in a token's place or beside it, with an authority of the test.

use super::city::City;
use segnalalo_kit::rpc::Channel;
use segnalalo_proto::registry::v1::{ListTicketsRequest, ticket_service_client::TicketServiceClient};
use segnalalo_tests::harness::{
    Folder, Service,
    pki::{Authority, Pair},
};

/// What came of a call.
#[derive(Debug, PartialEq, Eq)]
enum Met {
    LetIn,
    /// By the registry, with its reason.
    Refused(String),
    /// There was no connection, or none that could be used.
    CutOff,
}

async fn met(channel: anyhow::Result<Channel>) -> Met {
    let Ok(channel) = channel else {
        return Met::CutOff;
    };
    let answer = TicketServiceClient::new(channel).list_tickets(ListTicketsRequest::default()).await;
    let Err(status) = answer else {
        return Met::LetIn;
    };
    match status.metadata().get("reason") {
        Some(reason) => Met::Refused(reason.to_str().unwrap().to_owned()),
        None => Met::CutOff,
    }
}

impl City {
    /// A registry with TLS at an address of this machine; the line and the tests trust its authority.
    pub fn use_tls(&mut self, server: &Pair, authority: &Authority) {
        let address = self.processes.url(Service::Registry).replacen("http", "https", 1);
        self.processes.set("SEGNALALO_REGISTRY_URL", address);
        self.processes.set("SEGNALALO_REGISTRY_CA_FILE", &authority.ca);
        for (variable, file) in [("CERT", &server.cert), ("KEY", &server.key), ("CLIENT_CA", &authority.ca)] {
            let variable = format!("SEGNALALO_GRPC_TLS_{variable}_FILE");
            self.processes.set_for(Service::Registry, &variable, Some(file.clone()));
        }
    }

    /// A client with a certificate; its token, unless it has none.
    pub fn client_with_certificate(&self, name: &str, pair: &Pair, more: &[&str]) -> Option<String> {
        let line = ["clients", "add", name, "--office", "STRADE", "--right", "read,act,personal_data"];
        let line = [&line[..], &["--certificate", &pair.cert, "--as", "anna", "--json"], more].concat();
        self.cli(&line)["token"].as_str().map(str::to_owned)
    }

    async fn with(&self, token: &str, pair: Option<&Pair>) -> Met {
        // Without a token there is no master key either, or that would be shown.
        let token = if token.is_empty() { ("SEGNALALO_MASTER_KEY", "") } else { ("SEGNALALO_REGISTRY_TOKEN", token) };
        let channel = match pair {
            None => self.processes.registry_as([token]).await,
            Some(pair) => {
                let cert = ("SEGNALALO_REGISTRY_CERT_FILE", pair.cert.as_str());
                let key = ("SEGNALALO_REGISTRY_KEY_FILE", pair.key.as_str());
                self.processes.registry_as([token, cert, key]).await
            }
        };
        met(channel).await
    }
}

fn refused() -> Met {
    Met::Refused("UNAUTHENTICATED".to_owned())
}

#[tokio::test]
async fn a_certificate_lets_in_whom_it_was_given_to_and_nobody_else() {
    let mut city = City::prepare().await;
    let folder = Folder::new("pki").unwrap();
    let authority = Authority::new(folder.path(), "comune").unwrap();
    let stranger = Authority::new(folder.path(), "altri").unwrap();
    let server = authority.server("registro").unwrap();
    city.use_tls(&server, &authority);
    city.processes.start(Service::Registry).await.unwrap();

    let [own, other, bound] = ["strade", "verde", "legato"].map(|name| authority.client(name).unwrap());
    let expired = authority.expired("scaduto").unwrap();
    let foreign = stranger.client("estraneo").unwrap();
    let token = city.new_client("gestionale", "STRADE", "read");
    for (name, pair) in [("strade", &own), ("scaduto", &expired), ("estraneo", &foreign)] {
        assert_eq!(city.client_with_certificate(name, pair, &["--no-token"]), None);
    }
    let both = city.client_with_certificate("legato", &bound, &[]).unwrap();

    // A token alone, a certificate alone, and both where both were given.
    assert_eq!(city.with(&token, None).await, Met::LetIn);
    assert_eq!(city.with(&token, Some(&other)).await, Met::LetIn, "it isn't bound to a certificate");
    assert_eq!(city.with("", Some(&own)).await, Met::LetIn);
    assert_eq!(city.with("", Some(&other)).await, refused(), "of our authority, and nobody's");
    assert_eq!(city.with(&both, Some(&bound)).await, Met::LetIn);
    assert_eq!(city.with(&both, None).await, refused());
    assert_eq!(city.with(&both, Some(&own)).await, refused());
    assert_eq!(city.with("", Some(&bound)).await, refused());
    // No connection at all: the operator added these two, and their certificates are no good all the same.
    assert_eq!(city.with("", Some(&expired)).await, Met::CutOff);
    assert_eq!(city.with("", Some(&foreign)).await, Met::CutOff);
    assert_eq!(city.with(&token, Some(&foreign)).await, Met::CutOff);
    // Who doesn't speak TLS, or doesn't trust the registry's authority.
    let plain = city.processes.url(Service::Registry);
    assert_eq!(met(city.processes.registry_as([("SEGNALALO_REGISTRY_URL", plain.as_str())]).await).await, Met::CutOff);
    let trusting = async |authority: &Authority| {
        let ca = ("SEGNALALO_REGISTRY_CA_FILE", authority.ca.as_str());
        met(city.processes.registry_as([ca]).await).await
    };
    assert_eq!(trusting(&authority).await, Met::LetIn);
    assert_eq!(trusting(&stranger).await, Met::CutOff);
    city.cli(&["clients", "revoke", "strade", "--as", "anna", "--json"]);
    assert_eq!(city.with("", Some(&own)).await, refused());

    // Where a certificate is required, a token alone isn't heard; the operator's needs one of the authority too.
    let auth = "SEGNALALO_GRPC_TLS_CLIENT_AUTH";
    city.processes.set_for(Service::Registry, auth, Some("required".to_owned()));
    city.processes.restart(Service::Registry).await.unwrap();
    assert_eq!(city.with(&token, None).await, Met::CutOff);
    assert_eq!(city.with(&token, Some(&other)).await, Met::LetIn);
    assert_eq!(city.with(&both, Some(&bound)).await, Met::LetIn);
    assert_eq!(city.with(&both, Some(&other)).await, refused());
    city.processes.set("SEGNALALO_REGISTRY_CERT_FILE", &other.cert);
    city.processes.set("SEGNALALO_REGISTRY_KEY_FILE", &other.key);
    assert_eq!(city.cli(&["clients", "list", "--json"])["clients"].as_array().unwrap().len(), 5);

    // A renewed certificate is in the files; it counts from the next start.
    let renewed = stranger.server("altro-registro").unwrap();
    std::fs::copy(renewed.cert, &server.cert).unwrap();
    std::fs::copy(renewed.key, &server.key).unwrap();
    let ca = ("SEGNALALO_REGISTRY_CA_FILE", stranger.ca.as_str());
    assert_eq!(met(city.processes.registry_as([ca]).await).await, Met::CutOff, "the old one is still shown");
    city.processes.restart(Service::Registry).await.unwrap();
    assert_eq!(met(city.processes.registry_as([ca]).await).await, Met::LetIn);
}
