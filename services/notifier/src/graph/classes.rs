//! What to do after an error, by code and subcode: the tables of Meta's pages (WhatsApp Cloud API error codes, Graph API
//! and Messenger error codes) as `docs/operations.md` cites them. The HTTP status is no part of the contract.

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Passes by itself: again after a growing pause.
    Retry,
    /// Once more, then it is final.
    RetryOnce,
    /// Not before a day has passed, or a person has acted.
    Later,
    /// As it is it will never be taken.
    Never,
    /// Nothing gets through on this channel until somebody acts: token, permission, payment, block.
    Pause,
    /// The platform may have taken it all the same.
    Unknown,
}

/// The class of an error. What isn't in the tables is never tried again by itself: a person sees it.
pub fn classify(code: i64, subcode: i64) -> Class {
    by_subcode(code, subcode).unwrap_or_else(|| by_code(code))
}

fn by_subcode(code: i64, subcode: i64) -> Option<Class> {
    Some(match (code, subcode) {
        // "invalid JSON reply; message probably sent"
        (1, 1_357_046) => Class::Unknown,
        (2, 2_018_344) | (10, 1_893_063 | 2_534_077) | (100, 2_018_164) | (200, 2_018_028) => Class::Pause,
        (10, 2_018_278 | 2_534_022 | 2_018_065 | 2_018_108 | 2_018_336) => Class::Never,
        (100, 2_018_008 | 2_018_294) => Class::RetryOnce,
        (200 | 551, 1_545_041) => Class::Never,
        _ => return None,
    })
}

fn by_code(code: i64) -> Class {
    match code {
        1 | 2 | 4 | 17 | 32 | 341 | 613 => Class::Retry,
        80_001 | 80_002 | 80_006 | 80_007 | 80_008 | 130_429 | 131_000 | 131_016 | 131_056 | 131_057 => Class::Retry,
        133_004 | 133_015 | 134_101 | 2_494_100 => Class::Retry,
        131_048 | 131_049 | 131_064 | 132_015 | 132_069 | 133_000 | 133_008 | 133_009 | 133_016 => Class::Later,
        2_018_300 | 2_018_321 => Class::Later,
        0 | 3 | 10 | 33 | 102 | 190 | 200..=299 | 368 | 2_022 => Class::Pause,
        131_005 | 131_031 | 131_037 | 131_042 | 131_045 | 132_068 | 133_006 | 133_010 | 134_011 | 134_102 => {
            Class::Pause
        }
        _ => Class::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_meta_says() {
        for (code, subcode, class) in [
            (130_429, 0, Class::Retry),
            (131_056, 0, Class::Retry),
            (131_047, 0, Class::Never),
            (131_026, 0, Class::Never),
            (131_049, 0, Class::Later),
            (190, 463, Class::Pause),
            (10, 0, Class::Pause),
            (10, 2_018_278, Class::Never),
            (200, 0, Class::Pause),
            (230, 0, Class::Pause),
            (200, 1_545_041, Class::Never),
            (551, 0, Class::Never),
            (1, 1_357_046, Class::Unknown),
            (2, 0, Class::Retry),
            (100, 33, Class::Never),
            (10_900, 0, Class::Never),
            (999_999, 0, Class::Never),
        ] {
            assert_eq!(classify(code, subcode), class, "{code}/{subcode}");
        }
    }
}
