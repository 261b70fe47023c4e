//! TCP between two of ours, with a lever for what the network does: pass, delay, swallow (both sides think the other is
//! there), refuse, or cut off after so many bytes.

use crate::harness::free_port;
use anyhow::Result;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Pass,
    /// Each piece comes so much later.
    Delay(Duration),
    /// Bytes go in and none come out.
    Swallow,
    /// No connection is let through, and those there are end.
    Refuse,
    /// So many bytes from the server pass, over all connections; then each connection ends.
    CutAfter(i64),
}

#[derive(Clone)]
struct Shared {
    weather: watch::Receiver<Weather>,
    left: Arc<AtomicI64>,
    hits: Arc<AtomicUsize>,
}

pub struct Proxy {
    port: u16,
    weather: watch::Sender<Weather>,
    shared: Shared,
    task: JoinHandle<()>,
}

impl Proxy {
    /// # Errors
    /// There is no port.
    pub async fn start(target: u16) -> Result<Self> {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let (weather, receiver) = watch::channel(Weather::Pass);
        let shared = Shared { weather: receiver, left: Arc::default(), hits: Arc::default() };
        let task = tokio::spawn(listen(listener, SocketAddr::from(([127, 0, 0, 1], target)), shared.clone()));
        Ok(Self { port, weather, shared, task })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn set(&self, weather: Weather) {
        if let Weather::CutAfter(bytes) = weather {
            self.shared.left.store(bytes, Ordering::SeqCst);
        }
        self.weather.send_replace(weather);
    }

    /// How often it did something to a connection or a piece of one.
    pub fn hits(&self) -> usize {
        self.shared.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, target: SocketAddr, shared: Shared) {
    while let Ok((client, _)) = listener.accept().await {
        if *shared.weather.borrow() == Weather::Refuse {
            shared.hits.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        let shared = shared.clone();
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(target).await else { return };
            // Small pieces go at once, as between the two themselves.
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            // The first side that ends takes the other along.
            tokio::select! {
                () = pump(from_client, to_server, shared.clone(), false) => {}
                () = pump(from_server, to_client, shared, true) => {}
            }
        });
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut shared: Shared, answers: bool) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            changed = shared.weather.changed() => {
                if changed.is_err() || *shared.weather.borrow() == Weather::Refuse {
                    shared.hits.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                continue;
            }
        };
        let Ok(count @ 1..) = read else { return };
        let weather = *shared.weather.borrow();
        match weather {
            Weather::Pass => {}
            Weather::Delay(pause) => {
                shared.hits.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(pause).await;
            }
            Weather::Swallow => {
                shared.hits.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            Weather::Refuse => return,
            Weather::CutAfter(_) if answers => {
                let left = shared.left.fetch_sub(count as i64, Ordering::SeqCst);
                if left < count as i64 {
                    shared.hits.fetch_add(1, Ordering::SeqCst);
                    let _ = to.write_all(&buffer[..usize::try_from(left).unwrap_or(0).min(count)]).await;
                    return;
                }
            }
            Weather::CutAfter(_) => {}
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
