"""Every day of 2024-2035: is it worked? The package `holidays` (Italy, province of Biella) against the program.

Both get the same week (Monday to Friday). Two differences are explained and left out: `holidays` also lists Easter Sunday and
the National Unity Day, on the first Sunday of November, and no office would work on a Sunday anyway. Any other difference
is printed, and the exit code is 1.
"""

import datetime
import json
import subprocess
import sys

import holidays

FIRST, LAST = 2024, 2035
ONLY_SUNDAYS = ("Easter Sunday", "National Unity Day")


def ours(program, city):
    command = [program, "calendar", f"{FIRST}-01", "--to", f"{LAST}-12", "--json", "--city", city]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {day["date"]: day for day in map(json.loads, lines)}


def main():
    program, city = sys.argv[1:]
    italy = holidays.Italy(subdiv="BI", language="en_US", years=range(FIRST, LAST + 1))
    known = ours(program, city)
    date, differences, feasts, explained = datetime.date(FIRST, 1, 1), [], 0, 0
    while date.year <= LAST:
        day = known.pop(date.isoformat())
        worked = date.weekday() < 5 and date not in italy
        if worked != bool(day["hours"]):
            differences.append(f"{date:%a %Y-%m-%d}: holidays says {italy.get(date) or 'no holiday'}, we say {day}")
        is_feast = day["kind"] == "holiday"
        feasts += is_feast
        if is_feast != (date in italy):
            if italy.get(date) in ONLY_SUNDAYS and date.weekday() == 6:
                explained += 1
            else:
                differences.append(f"{date:%a %Y-%m-%d}: holidays says {italy.get(date)}, we say {day['reason']!r}")
        date += datetime.timedelta(days=1)
    assert not known, f"days that are none: {sorted(known)[:3]}"
    days = (date - datetime.date(FIRST, 1, 1)).days
    print(
        f"oracle holidays {holidays.__version__}: {days} days of {FIRST}-{LAST}, {feasts} holidays, "
        f"{explained} Easter Sundays and Unity Days left out, {len(differences)} differences"
    )
    print("\n".join(differences[:20]), end="\n" if differences else "")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
