//! A stand-in of Meta's Graph API for rehearsals, demonstrations and tests: it takes what the services send to citizens,
//! checks it as Meta does, keeps a ledger of it, and sends webhooks with the right signature. Its page shows the city's
//! Facebook wall, a WhatsApp phone and Messenger; one plays the citizen there. It knows nothing of tickets, and nothing of
//! it belongs into production.
//!
//! | module | holds |
//! |---|---|
//! | `world` | the wall, threads, chats, people, media: a value in memory, changed by `Change` only |
//! | `graph` | the Graph API: comments, Messenger, WhatsApp, media; its checks and errors |
//! | `outbox` | webhooks: what they say, their bytes, sending them until they are taken |
//! | `faults`, `tokens` | what goes wrong on demand |
//! | `page` | the page, and the API by which it and the tests do what citizens do |
//! | `ledger` | what was accepted and refused |
//! | `presence` | which chats are open before someone's eyes |
//! | `state`, `sim`, `journal` | all of it behind one lock; what outlives the process |
//! | `config`, `app` | the environment, the process |

pub mod app;
pub mod config;
pub mod faults;
pub mod graph;
pub mod ids;
pub mod journal;
pub mod ledger;
pub mod outbox;
pub mod page;
pub mod presence;
pub mod sim;
pub mod state;
pub mod time;
pub mod tokens;
pub mod world;
