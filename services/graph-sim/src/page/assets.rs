//! The page's files, and the photographs that it shows.

use crate::{page::refused::Refused, sim::Sim};
use axum::{
    extract::{Path, State},
    http::header,
    response::{Html, IntoResponse, Response},
};

/// Name, type, text.
const ASSETS: [(&str, &str, &str); 8] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../../assets/style.css")),
    ("phone.css", "text/css; charset=utf-8", include_str!("../../assets/phone.css")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("../../assets/page.js")),
    ("parts.js", "text/javascript; charset=utf-8", include_str!("../../assets/parts.js")),
    ("clock.js", "text/javascript; charset=utf-8", include_str!("../../assets/clock.js")),
    ("wall.js", "text/javascript; charset=utf-8", include_str!("../../assets/wall.js")),
    ("phone.js", "text/javascript; charset=utf-8", include_str!("../../assets/phone.js")),
    ("messenger.js", "text/javascript; charset=utf-8", include_str!("../../assets/messenger.js")),
];

pub async fn index() -> Html<&'static str> {
    Html(include_str!("../../assets/index.html"))
}

pub async fn asset(Path(name): Path<String>) -> Result<impl IntoResponse, Refused> {
    let (_, content_type, text) =
        ASSETS.into_iter().find(|(known, ..)| *known == name).ok_or(Refused::NotFound("file"))?;
    Ok(([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")], text))
}

/// Also what webhooks link to, as Facebook's image servers would: without a token.
pub async fn photo(State(sim): State<Sim>, Path(media): Path<String>) -> Result<Response, Refused> {
    sim.read(|state| {
        let media = state.world.media.get(&media).ok_or(Refused::NotFound("photograph"))?;
        Ok(([(header::CONTENT_TYPE, media.mime_type.clone())], media.bytes.to_vec()).into_response())
    })
}
