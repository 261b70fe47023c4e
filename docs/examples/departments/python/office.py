"""A department's system: it takes its office's tickets in charge, says when the work will be done, and resolves them.

It may be killed at any moment: what it handled and where it goes on stand in one SQLite file, written together.

    office.py --registry registro.example:50051 --ca ca.pem --token-file token --state office.db
"""

import argparse
import datetime
import pathlib
import queue
import sqlite3
import sys
import threading
import time
import traceback

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from segnalalo.registry.v1 import ticket_service_pb2 as wire
from segnalalo.registry.v1.ticket_service_pb2_grpc import TicketServiceStub

# Seconds. A watch is opened anew after an hour, from where it was.
DEADLINE = 10
WATCH_DEADLINE = 3600
PAUSE = 0.2

SCHEMA = """
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
INSERT OR IGNORE INTO cursor VALUES (1, 0);
CREATE TABLE IF NOT EXISTS handled (
    position INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, ticket TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS steps (
    key TEXT PRIMARY KEY, ticket TEXT NOT NULL, step TEXT NOT NULL, day TEXT NOT NULL, due REAL NOT NULL,
    outcome TEXT);
"""

# What an event of a ticket leads to.
NEXT = {
    "ticket_opened": "take",
    "ticket_reopened": "take",
    "ticket_reassigned": "take",
    "ticket_taken_in_charge": "feasible",
    "ticket_feasible": "resolve",
}


class GiveUp(Exception):
    """Going on makes no sense before somebody has looked."""


class Store:
    """What must outlive a crash. Each thread has its own connection."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, timeout=10)
        self.db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)

    def cursor(self):
        return self.db.execute("SELECT position FROM cursor").fetchone()[0]

    def handle(self, event, works):
        """The event's effect and the cursor, in one transaction: both are there after a crash, or neither."""
        step = NEXT.get(event.event)
        with self.db:
            self.db.execute(
                "INSERT INTO handled VALUES (?, ?, ?, ?)",
                (event.position, event.event_id.hex(), event.event, event.ticket_id),
            )
            if step:
                # All that will be sent is settled here, the key too: sent again, it is the same command.
                day = datetime.date.today() + datetime.timedelta(days=7)
                due = time.time() + (works if step == "resolve" else 0)
                key = f"{step}-{event.event_id.hex()}"
                self.db.execute(
                    "INSERT INTO steps VALUES (?, ?, ?, ?, ?, NULL)", (key, event.ticket_id, step, day.isoformat(), due)
                )
            self.db.execute("UPDATE cursor SET position = ?", (event.position,))

    def due(self):
        query = "SELECT key, ticket, step, day FROM steps WHERE outcome IS NULL AND due <= ? ORDER BY due LIMIT 1"
        return self.db.execute(query, (time.time(),)).fetchone()

    def settle(self, key, outcome):
        with self.db:
            self.db.execute("UPDATE steps SET outcome = ? WHERE key = ?", (outcome, key))


def connect(options):
    """The registry's calls, and the metadata that says who calls."""
    alive = [("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 10_000)]
    if options.ca:
        read = lambda path: pathlib.Path(path).read_bytes() if path else None
        credentials = grpc.ssl_channel_credentials(read(options.ca), read(options.key), read(options.certificate))
        channel = grpc.secure_channel(options.registry, credentials, alive)
    else:
        channel = grpc.insecure_channel(options.registry, alive)
    token = pathlib.Path(options.token_file).read_text().strip()
    return TicketServiceStub(channel), [("authorization", f"Bearer {token}")]


def advice(error):
    """Seconds after which the same call may succeed; None: it won't by itself. Raises GiveUp when no call will."""
    reason, wait = "", None
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(retry):
            wait = retry.retry_delay.ToTimedelta().total_seconds()
    code = error.code()
    if reason in ("UNAUTHENTICATED", "MISSING_RIGHT", "BEYOND_THE_LOG"):
        raise GiveUp(f"{reason}: {error.details()}")
    if wait is not None:
        return wait
    # Without a reason it isn't the registry's word: the connection was lost, or something on the way to it.
    again = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    return 1.0 if code in again or reason in ("", "VERSION_CONFLICT") else None


def watch(options):
    """Every event of the office, once, in order, for ever."""
    store = Store(options.state)
    tickets, who = connect(options)
    while True:
        request = wire.WatchRequest(after_position=store.cursor())
        try:
            for event in tickets.Watch(request, timeout=WATCH_DEADLINE, metadata=who, wait_for_ready=True):
                store.handle(event, options.works)
                print(event.position, event.event, flush=True)
        except grpc.RpcError as error:
            wait = advice(error)
            if wait is None:
                raise GiveUp(f"{error.code().name}: {error.details()}") from error
            time.sleep(wait)


def command(step, day):
    if step == "take":
        return {"take_in_charge": wire.TakeInCharge()}
    if step == "feasible":
        return {"declare_feasible": wire.DeclareFeasible(expected_by=day, text="La squadra passa in settimana.")}
    return {"resolve": wire.Resolve(text="Lavoro eseguito.")}


def work(options):
    """Each step that is due: sent until the registry has answered what became of it."""
    store = Store(options.state)
    tickets, who = connect(options)
    while True:
        due = store.due()
        if due is None:
            time.sleep(PAUSE)
            continue
        key, ticket, step, day = due
        request = wire.ExecuteRequest(
            idempotency_key=key, ticket=wire.TicketRef(ticket_id=ticket), **command(step, day)
        )
        try:
            answer = tickets.Execute(request, timeout=DEADLINE, metadata=who)
            store.settle(key, "repeated" if answer.repeated else "done")
        except grpc.RpcError as error:
            wait = advice(error)
            if wait is None:
                # Somebody else was first, or the ticket is another office's by now: a person may look.
                store.settle(key, f"refused: {error.details()}")
            else:
                time.sleep(wait)


def run(part, options, ends):
    try:
        part(options)
    except GiveUp as why:
        ends.put(str(why))
    except Exception:
        ends.put(traceback.format_exc())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--registry", default="127.0.0.1:50051", metavar="HOST:PORT")
    parser.add_argument("--ca", help="PEM: who vouches for the registry's certificate; without it there is no TLS")
    parser.add_argument("--certificate", help="PEM: our own, where one is wanted")
    parser.add_argument("--key", help="PEM: its key")
    parser.add_argument("--token-file")
    parser.add_argument("--state", default="office.db")
    parser.add_argument("--works", type=float, default=86_400, help="seconds that the work takes")
    parser.add_argument("--show", action="store_true", help="what was handled, a line each, and no more")
    options = parser.parse_args()
    if options.show:
        for row in Store(options.state).db.execute("SELECT * FROM handled ORDER BY position"):
            print(*row)
        return
    ends = queue.SimpleQueue()
    for part in (watch, work):
        threading.Thread(target=run, args=(part, options, ends), daemon=True).start()
    sys.exit(ends.get())


if __name__ == "__main__":
    main()
