//! Time travel: real processes, and a clock that is moved through weekends, Christmas and the turn of the year.

use super::{
    city::{City, SOON},
    travel::{all_came, city, clock, to},
};
use jiff::{Timestamp, ToSpan as _, civil::Weekday};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use segnalalo_domain::{
    calendar::rome,
    sla::{DeadlineName, Rung},
};
use segnalalo_kit::clock::{Clock as _, SystemClock};
use segnalalo_proto::{
    common::v1::TicketState,
    registry::v1::{Resolve, TakeInCharge, execute_request::Command},
};
use segnalalo_tests::{
    harness::{Service, wait_until},
    terms::Terms,
};

/// Terms of many tickets come due while sla-clock is killed at random.
#[tokio::test]
async fn in_a_month_of_kills_each_rung_comes_once_with_its_own_instant() {
    let seed = rand::random();
    let about = format!("seed {seed}");
    println!("{about}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut city = city().await;
    let begun = clock(&city, &["show"]).unwrap();
    let mut now = begun;
    let mut kills = 0;
    while now < begun + (31 * 24).hours() {
        for _ in 0..random.random_range(0..3) {
            let number = random.random_range(0..9_999_999);
            city.whatsapp(&format!("39340{number:07}"), &format!("lampione spento in via Torino {number}")).await;
        }
        if random.random_ratio(1, 3)
            && let Some(ticket) = city.tickets().await.into_iter().find(|known| known.state() == TicketState::Received)
        {
            city.act(&ticket, Command::TakeInCharge(TakeInCharge::default())).await;
        }
        let killed = random.random_ratio(2, 3);
        if killed {
            city.processes.kill(Service::SlaClock).unwrap();
            kills += 1;
        }
        now = clock(&city, &["advance", &format!("{}h{}m", random.random_range(12..96), random.random_range(0..60))])
            .unwrap();
        if killed {
            city.processes.start(Service::SlaClock).await.unwrap();
        }
        if random.random_ratio(1, 2) {
            all_came(&city, &about, now).await;
        }
    }
    let terms = all_came(&city, &about, now).await;
    assert!(terms.reached.len() >= 12 && kills >= 3, "{about}: {} rungs, {kills} kills", terms.reached.len());
    assert_eq!(city.verify().await.fault, "");
}

/// A Friday in the Advent that is still to come, Christmas and the new year after it.
#[tokio::test]
async fn over_a_weekend_christmas_and_new_year_terms_and_numbers_are_right() {
    let mut city = city().await;
    let today = SystemClock.now().to_zoned(rome()).date();
    let year = if today.month() == 12 { today.year() + 1 } else { today.year() };
    let mut friday = jiff::civil::date(year, 12, 17);
    while friday.weekday() != Weekday::Friday {
        friday = friday.yesterday().unwrap();
    }
    to(&city, &format!("{friday}T10:00"));
    let refused = clock(&city, &["to", &format!("{friday}T09:00")]).unwrap_err();
    assert!(refused.contains("solo avanti"), "{refused}");

    city.whatsapp("393331112222", "c'è una buca profonda in via Italia davanti al 12").await;
    let ticket = city.ticket("buca profonda").await;
    city.got("393331112222", &ticket.code).await;
    // Over the weekend: due on Monday at closing time.
    let monday = friday.checked_add(3.days()).unwrap();
    let now = to(&city, &format!("{monday}T15:59"));
    let terms = all_came(&city, "the weekend", now).await;
    let past = |terms: &Terms| {
        terms
            .reached
            .keys()
            .filter(|(_, name, _, rung)| (*name, *rung) == (DeadlineName::TakeInCharge, Rung::Past))
            .count()
    };
    assert_eq!(past(&terms), 0, "a minute before closing it isn't late");
    let now = to(&city, &format!("{monday}T16:00:01"));
    assert_eq!(past(&all_came(&city, "Monday's closing", now).await), 1);

    // Numbers begin anew with the year.
    let ticket = city.act(&ticket, Command::TakeInCharge(TakeInCharge::default())).await;
    assert_eq!(ticket.protocol, format!("{year}/0000001"));
    let now = to(&city, &format!("{}-01-01T00:00:05", year + 1));
    all_came(&city, "the new year", now).await;
    city.whatsapp("393334445555", "lampione spento in via Torino 3").await;
    let second = city.ticket("lampione spento").await;
    let second = city.act(&second, Command::TakeInCharge(TakeInCharge::default())).await;
    assert_eq!(second.protocol, format!("{}/0000001", year + 1));

    // Fourteen days of silence close what was resolved; everybody was killed in between.
    city.act(&second, Command::Resolve(Resolve { text: "Abbiamo cambiato la lampada.".to_owned() })).await;
    city.processes.restart(Service::Registry).await.unwrap();
    city.processes.restart(Service::SlaClock).await.unwrap();
    clock(&city, &["advance", "13d23h"]).unwrap();
    let state = async |wanted: TicketState| {
        city.tickets().await.iter().any(|known| known.ticket_id == second.ticket_id && known.state() == wanted)
    };
    assert!(state(TicketState::Resolved).await);
    let now = clock(&city, &["advance", "2h"]).unwrap();
    wait_until("silence has closed it", SOON, async || state(TicketState::Closed).await).await.unwrap();
    all_came(&city, "fourteen days", now).await;
    assert_eq!(city.verify().await.fault, "");
}

#[tokio::test]
async fn where_there_is_no_demo_s_clock_time_is_what_it_is() {
    let city = City::start().await;
    for arguments in [&["show"][..], &["advance", "1d"], &["to", "2090-01-01"]] {
        let refused = clock(&city, arguments).unwrap_err();
        assert!(refused.contains("SEGNALALO_DEMO_CLOCK"), "{refused}");
    }
}

#[tokio::test]
async fn the_lever_on_graph_sim_s_page_moves_everybody() {
    let city = city().await;
    let before = clock(&city, &["show"]).unwrap();
    let moved = city.sim("clock", &serde_json::json!({"advance": "1d4h"})).await;
    let moved: Timestamp = moved["now"].as_str().unwrap().parse().unwrap();
    assert!((moved.duration_since(before).as_secs() - 28 * 3_600).abs() < 30);
    assert!(clock(&city, &["show"]).unwrap() >= moved);
    city.whatsapp("393331112222", "lampione spento in via Torino 3").await;
    let ticket = city.ticket("lampione spento").await;
    let received = ticket.received_at.unwrap().seconds;
    assert!((received - moved.as_second()).abs() < 60, "received at {received}, it is {moved}");
    for service in Service::ALL {
        let url = format!("{}/metrics", city.processes.admin_url(service));
        wait_until(&format!("{} follows", service.name()), SOON, async || {
            let metrics = city.http.get(&url).await.unwrap().body;
            metrics.lines().any(|line| line.starts_with("demo_clock_ahead_seconds 1"))
        })
        .await
        .unwrap();
    }
}
