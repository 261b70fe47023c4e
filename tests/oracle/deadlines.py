"""A second computation of deadlines, in plain datetime and zoneinfo, against `segnalalo deadlines`.

Written from the rules as the city states them: receipt starts the term; the local day of arrival doesn't count; the term
ends when the first (or fifth) working day after it closes; hours change with their validity, ordinances close days and
offices, some days have hours of their own, 4 October is a holiday from 2026. It shares nothing with the program: the
calendar is drawn here, and the program gets it as a file. The seed is printed; ORACLE_SEED=... repeats a run.
"""

import bisect
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import zoneinfo

ROME = zoneinfo.ZoneInfo("Europe/Rome")
ARRIVALS = 100_000
FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2036, 3, 31)
DAY = datetime.timedelta(days=1)
FIXED = [(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)]
NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SPLIT, LONG = ["08:30-12:00", "14:15-16:00"], ["08:30-16:00"]


def easter(year):
    """Gauss, with the corrections for late Easters."""
    k = year // 100
    m = (15 + k - k // 4 - (8 * k + 13) // 25) % 30
    n = (4 + k - k // 4) % 7
    d = (19 * (year % 19) + m) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + n) % 7
    if d + e < 10:
        return datetime.date(year, 3, d + e + 22)
    day = d + e - 9
    if day == 26:
        day = 19
    if day == 25 and d == 28 and e == 6 and year % 19 > 10:
        day = 18
    return datetime.date(year, 4, day)


class City:
    """Hours, closures and terms, drawn by chance."""

    def __init__(self, chance):
        def some_day():
            return FIRST + DAY * chance.randrange((LAST - FIRST).days)

        article = {name: SPLIT for name in NAMES[:3]} | {"thursday": LONG, "friday": SPLIT}
        summer = dict.fromkeys(NAMES[:5], SPLIT)
        short = dict.fromkeys(NAMES[:5], ["08:30-11:30", "14:15-15:15"])
        self.weeks = [
            (datetime.date(2015, 1, 1), None, article),
            (datetime.date(2025, 7, 11), datetime.date(2025, 8, 30), summer),
            (datetime.date(2029, 4, 1), None, short),
            (datetime.date(2031, 12, 20), datetime.date(2032, 1, 10), {"saturday": ["09:00-10:00"], "wednesday": LONG}),
        ]
        self.closures = []
        for _ in range(80):
            first = some_day()
            last = first + DAY * chance.choice([0, 0, 0, 1, 4, 9])
            self.closures.append((first, last, chance.choice([[], [], ["URP"], ["STRADE"]]), chance.choice([[], [], ["URP"]])))
        hours = [["08:30-11:00"], ["10:00-12:00", "13:00-18:30"], ["00:00-00:01"], ["09:00-23:59"]]
        self.specials = {some_day(): chance.choice(hours) for _ in range(60)}
        self.bridges = chance.random() < 0.5
        self.days = chance.randrange(2, 8)

    def toml(self):
        lines = [f'bridges = "{"closed" if self.bridges else "open"}"']
        for first, last, week in self.weeks:
            lines += ["[[hours]]", f'from = "{first}"'] + ([f'to = "{last}"'] if last else [])
            lines += [f"{name} = {json.dumps(hours)}" for name, hours in week.items()]
        for month, day in FIXED:
            lines += ["[[holiday]]", f'name = "festa {day}/{month}"', f'date = "{month:02}-{day:02}"']
        lines += ["[[holiday]]", 'name = "San Francesco"', 'date = "10-04"', "from = 2026"]
        lines += ["[[holiday]]", 'name = "Pasquetta"', "easter = 1"]
        for first, last, offices, but in self.closures:
            lines += ["[[closure]]", f'from = "{first}"', f'to = "{last}"', 'reason = "prova"', 'act = "ord. 1"']
            lines += [f"offices = {json.dumps(offices)}", f"except = {json.dumps(but)}"]
        for date, hours in self.specials.items():
            lines += ["[[special]]", f'date = "{date}"', f"hours = {json.dumps(hours)}", 'reason = "prova"']
        return "\n".join(lines + ["[terms]", f"first_answer = {self.days}", ""])

    def is_feast(self, date):
        return (
            (date.month, date.day) in FIXED
            or (date.month, date.day) == (10, 4) and date.year >= 2026
            or date == easter(date.year) + DAY
        )

    def by_week(self, date):
        valid = [week for first, last, week in self.weeks if first <= date and (last is None or date <= last)]
        return valid[-1].get(NAMES[date.weekday()], [])

    def hours(self, date):
        """Of the URP."""
        for first, last, offices, but in self.closures:
            if first <= date <= last and (not offices or "URP" in offices) and "URP" not in but:
                return []
        if date in self.specials:
            return self.specials[date]
        usual = lambda date: bool(self.by_week(date)) and not self.is_feast(date)
        if not usual(date):
            return []
        if self.bridges and not usual(date - DAY) and not usual(date + DAY):
            return []
        return self.by_week(date)

    def closings(self):
        """The working days of all these years, with the instant at which each closes."""
        days, date = [], FIRST
        while date <= LAST + DAY * 400:
            hours = self.hours(date)
            if hours:
                closes = datetime.time.fromisoformat(hours[-1].split("-")[1])
                days.append((date, datetime.datetime.combine(date, closes, ROME)))
            date += DAY
        return days


def arrivals(chance, city):
    """By chance; and on purpose where a calendar goes wrong: DST nights, year ends, lunch breaks, openings, midnight."""
    zone_nights = [last_sunday(year, month) for year in range(2024, 2036) for month in (3, 10)]
    for number in range(ARRIVALS):
        kind = number % 8
        date = FIRST + DAY * chance.randrange((LAST - FIRST).days - 60)
        second = chance.randrange(86_400)
        if kind == 0:
            date, second = chance.choice(zone_nights), chance.randrange(4 * 3600)
        elif kind == 1:
            date = datetime.date(date.year, *chance.choice([(12, 30), (12, 31), (1, 1), (1, 2), (2, 28), (3, 1)]))
        elif kind == 2:
            second = chance.randrange(12 * 3600, 14 * 3600 + 900)
        elif kind == 3:
            second = chance.choice([0, 1, 30_600, 43_200, 51_300, 57_600, 86_399]) + chance.choice([0, 0, -1, 1])
        elif kind == 4:
            first, last, _, _ = chance.choice(city.closures)
            date = chance.choice([first - DAY, first, last, last + DAY])
        midnight = datetime.datetime.combine(date, datetime.time(), ROME).timestamp()
        yield datetime.datetime.fromtimestamp(midnight + second, datetime.timezone.utc)


def last_sunday(year, month):
    date = datetime.date(year, month, 31)
    return date - DAY * ((date.weekday() + 1) % 7)


def main():
    program, biella = sys.argv[1:]
    seed = int(os.environ.get("ORACLE_SEED") or random.SystemRandom().randrange(2**32))
    chance = random.Random(seed)
    city = City(chance)
    closings = city.closings()
    dates = [date for date, _ in closings]
    came = list(arrivals(chance, city))
    lines = (
        json.dumps({"id": n, "received": at.isoformat(), "channel": "whatsapp"}) + "\n" for n, at in enumerate(came)
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cli.toml", "dates.toml", "offices.toml"):
            shutil.copy(pathlib.Path(biella, name), folder)
        pathlib.Path(folder, "calendar.toml").write_text(city.toml(), encoding="utf-8")
        done = subprocess.run(
            [program, "deadlines", "--city", folder], input="".join(lines), check=True, capture_output=True, text=True
        )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == ARRIVALS, f"{len(answers)} answers"
    differences = []
    for at, answer in zip(came, answers):
        place = bisect.bisect_right(dates, at.astimezone(ROME).date())
        wanted = [closings[place][1].isoformat(), closings[place + city.days - 1][1].isoformat()]
        got = [answer["take_in_charge_by"], answer["first_answer_by"]]
        if wanted != got:
            differences.append(f"{at.astimezone(ROME).isoformat()}: here {wanted}, there {got}\n  {answer['steps']}")
    bridges = "closed" if city.bridges else "open"
    print(
        f"oracle deadlines: seed {seed}, {ARRIVALS} arrivals, {len(city.closures)} closures, bridges {bridges}, "
        f"first answer in {city.days} days, {len(differences)} differences"
    )
    print("\n".join(differences[:10]), end="\n" if differences else "")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
