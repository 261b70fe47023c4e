//! What citizens attach: fetched from the platform, kept encrypted, seen by the operator.

use super::city::{City, SOON, by_id};
use segnalalo_kit::rpc::Channel;
use segnalalo_proto::{
    event::v1::{Envelope, envelope::Event as Wire},
    registry::v1::{
        AttachmentRef, ListRequest, Media, ReadRequest, Ticket, media::State, media_service_client::MediaServiceClient,
    },
};
use segnalalo_tests::harness::{Service, wait_for, wait_until};
use serde_json::json;
use std::{fs, path::Path};

pub const PHOTO: &[u8] = include_bytes!("../../../services/graph-sim/assets/samples/buca.jpg");
const FORM: &[u8] = include_bytes!("../../../services/graph-sim/assets/samples/modulo.pdf");

pub async fn client(city: &City) -> MediaServiceClient<Channel> {
    MediaServiceClient::new(city.registry().await)
}

async fn list(city: &City, ticket: &Ticket) -> Vec<Media> {
    let request = ListRequest { ticket: Some(by_id(ticket)) };
    client(city).await.list(request).await.unwrap().into_inner().media
}

/// The ticket's attachments, once none is awaited any more.
pub async fn settled(city: &City, ticket: &Ticket) -> Vec<Media> {
    wait_for("every attachment is settled", SOON, async || {
        let media = list(city, ticket).await;
        let all = !media.is_empty() && media.iter().all(|one| one.state() != State::Awaited);
        all.then_some(media)
    })
    .await
    .unwrap()
}

pub async fn read(city: &City, attachment: Option<AttachmentRef>) -> Vec<u8> {
    let mut chunks = client(city).await.read(ReadRequest { attachment }).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = chunks.message().await.unwrap() {
        bytes.extend_from_slice(&part.chunk);
    }
    bytes
}

/// Files of attachments on the registry's disk.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let shelves = fs::read_dir(folder).unwrap().map(|shelf| shelf.unwrap().path());
    let files = shelves.flat_map(|shelf| fs::read_dir(shelf).unwrap().map(|file| file.unwrap().path()));
    files.map(|file| fs::read(file).unwrap()).collect()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test]
async fn what_a_citizen_attaches_on_any_channel_is_what_the_operator_sees() {
    let city = City::start().await;
    let whatsapp = json!({ "from": "393330000011", "image": "buca", "caption": "buca davanti al 4 di via Italia" });
    city.sim("whatsapp/messages", &whatsapp).await;
    let messenger = json!({ "author": "Ugo Verdi", "text": "lampione spento in via Torino 3", "photo": "buca" });
    city.sim("messenger/messages", &messenger).await;
    let post = json!({
        "author": "Ada Neri", "text": "Rifiuti abbandonati in via Pietro Micca #segnalaloaBiella", "photo": "buca",
    });
    city.sim("facebook/posts", &post).await;
    for words in ["davanti al 4", "lampione spento", "Rifiuti abbandonati"] {
        let ticket = city.ticket(words).await;
        let media = settled(&city, &ticket).await;
        assert_eq!(media.len(), 1, "{words}: {media:?}");
        assert_eq!((media[0].state(), media[0].size), (State::Stored, PHOTO.len() as u64), "{words}");
        assert_eq!(read(&city, media[0].attachment.clone()).await, PHOTO, "{words}");
    }
    let kept = files(&city.processes.data().join("blobs"));
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|file| !holds(file, &PHOTO[..64])), "a photo stands readable on the disk");

    let ticket = city.ticket("lampione spento").await;
    let folder = city.processes.data().join("saved");
    let arguments = ["ticket", "media", &ticket.code, "--save", folder.to_str().unwrap(), "--json"];
    let output = city.processes.command(&arguments).unwrap().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(fs::read(said["file"].as_str().unwrap()).unwrap(), PHOTO);
}

#[tokio::test]
async fn an_attachment_that_the_platform_no_longer_has_says_so() {
    let city = City::start().await;
    let raw = json!({
        "type": "image",
        "image": { "id": "999999999999999", "mime_type": "image/jpeg", "caption": "buca in via Italia, ecco la foto" },
    });
    city.sim("whatsapp/messages", &json!({ "from": "393330000012", "raw": raw })).await;
    let ticket = city.ticket("ecco la foto").await;
    let media = list(&city, &ticket).await;
    assert_eq!(media.iter().map(Media::state).collect::<Vec<_>>(), [State::Awaited]);
    let mut client = client(&city).await;
    let refused = client.read(ReadRequest { attachment: media[0].attachment.clone() }).await.unwrap_err();
    assert_eq!(refused.metadata().get("reason").unwrap(), "MEDIA_NOT_HERE");
}

/// How often the log says that an attachment was stored.
async fn stored(city: &City) -> usize {
    let head = city.verify().await.records;
    let log = city.log(usize::try_from(head).unwrap()).await;
    log.iter().filter(|Envelope { event, .. }| matches!(event, Some(Wire::MediaStored(_)))).count()
}

#[tokio::test]
async fn killed_in_the_middle_every_attachment_is_kept_once_and_the_log_names_each_file() {
    const CITIZENS: usize = 24;
    let mut city = City::start().await;
    for n in 0..CITIZENS {
        let from = format!("39333100{n:04}");
        let body =
            json!({ "from": from, "document": "modulo", "caption": format!("il modulo per la buca numero {n}") });
        city.sim("whatsapp/messages", &body).await;
        if n % 8 == 4 {
            city.processes.restart(Service::Notifier).await.unwrap();
        }
        if n % 8 == 6 {
            city.processes.restart(Service::Registry).await.unwrap();
        }
    }
    wait_until("every attachment is kept", SOON * 3, async || stored(&city).await >= CITIZENS).await.unwrap();
    assert_eq!(stored(&city).await, CITIZENS, "kept twice");
    // What a crash left behind is swept at the next start.
    city.processes.restart(Service::Registry).await.unwrap();
    assert_eq!(files(&city.processes.data().join("blobs")).len(), CITIZENS);
    assert_eq!(city.verify().await.fault, "");
    for ticket in city.tickets().await {
        for one in settled(&city, &ticket).await {
            assert_eq!(read(&city, one.attachment.clone()).await, FORM);
        }
    }

    let blobs = city.processes.data().join("blobs");
    let shelf = fs::read_dir(&blobs).unwrap().map(|shelf| shelf.unwrap().path());
    let file = shelf.flat_map(|shelf| fs::read_dir(shelf).unwrap()).next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let report = city.verify().await;
    assert!(report.fault.contains("attachment") && report.fault_position > 0, "{report:?}");
    fs::remove_file(&file).unwrap();
    assert!(city.verify().await.fault.contains("isn't there"));
}
