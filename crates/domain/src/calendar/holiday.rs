//! Days that come every year: on a date, or so many days from Easter.

use jiff::{ToSpan as _, civil::Date};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// As people call it.
    pub name: String,
    pub on: Every,
    /// The first year in which it holds.
    pub from_year: Option<i16>,
    /// The last one.
    pub to_year: Option<i16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    Year {
        month: i8,
        day: i8,
    },
    /// Easter Monday: 1.
    Easter {
        days: i32,
    },
}

impl Holiday {
    pub fn is_on(&self, date: Date) -> bool {
        let year = date.year();
        let holds = self.from_year.is_none_or(|from| from <= year) && self.to_year.is_none_or(|to| year <= to);
        holds
            && match self.on {
                Every::Year { month, day } => (date.month(), date.day()) == (month, day),
                Every::Easter { days } => date == easter(year).saturating_add(days.days()),
            }
    }
}

/// Easter Sunday of the western churches, by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, ch. 8).
pub fn easter(year: i16) -> Date {
    let year_long = i32::from(year);
    let (golden, century, rest) = (year_long.rem_euclid(19), year_long.div_euclid(100), year_long.rem_euclid(100));
    let moon = (century + 8).div_euclid(25);
    let epact =
        (19 * golden + century - century.div_euclid(4) - (century - moon + 1).div_euclid(3) + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * (rest / 4) - epact - rest % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let march_based = epact + weekday - 7 * late + 114;
    let (month, day) = (march_based / 31, march_based % 31 + 1);
    let whole = |number: i32| i8::try_from(number).expect("the computus gives 22 March to 25 April");
    Date::new(year, whole(month), whole(day)).expect("every year has these days")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_is_where_the_church_has_it() {
        for (year, month, day) in [
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2024, 3, 31),
            (2026, 4, 5),
            (2027, 3, 28),
            (2028, 4, 16),
            (2029, 4, 1),
            (2030, 4, 21),
            (2038, 4, 25),
            (2285, 3, 22),
        ] {
            assert_eq!(easter(year), date(year, month, day));
        }
    }

    #[test]
    fn a_holiday_holds_from_its_first_year_to_its_last() {
        let holiday = Holiday {
            name: "San Francesco".into(),
            on: Every::Year { month: 10, day: 4 },
            from_year: Some(2026),
            to_year: Some(2030),
        };
        let years = (2024..2033).filter(|year| holiday.is_on(date(*year, 10, 4))).collect::<Vec<_>>();
        assert_eq!(years, [2026, 2027, 2028, 2029, 2030]);
        assert!(!holiday.is_on(date(2027, 10, 5)));
    }
}
