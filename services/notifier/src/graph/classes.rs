//! What to do after an error, by code and subcode. The HTTP status is no part of Meta's contract: the code decides.
//!
//! Sources: WhatsApp "Cloud API error codes" (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes) for 0,
//! 1-4, 33, 368, 80007, 13xxxx, 2494100; Graph API "Handle errors" (.../docs/graph-api/guides/error-handling) for 1, 2, 4,
//! 10, 17, 32, 100, 102, 190, 200-299, 341, 506, 613, 8000x; "Messenger Platform error codes"
//! (.../docs/messenger-platform/error-codes) for 551, 2022, 109xx, 2018xxx and the subcodes.

/// What an error asks for. Nothing was sent, unless it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Passes by itself: again after a growing pause.
    Retry,
    /// May pass by itself: three attempts, then it is final.
    Few,
    /// Not before a day has passed, or a person has acted.
    Later,
    /// As it is it will never be taken.
    Never,
    /// Nothing gets through on this channel until somebody acts: token, permission, payment, block.
    Pause,
    /// The platform can't be reached: for as long as it takes.
    Offline,
    /// The platform may have taken it all the same.
    Unknown,
}

/// The class of an error. What isn't in the tables is never tried again by itself: a person sees it.
pub fn classify(code: i64, subcode: i64) -> Class {
    by_subcode(code, subcode).unwrap_or_else(|| by_code(code))
}

fn by_subcode(code: i64, subcode: i64) -> Option<Class> {
    Some(match (code, subcode) {
        // "Invalid JSON reply": the message was probably sent.
        (1, 1_357_046) => Class::Unknown,
        // The Page must accept new terms.
        (2, 2_018_344) => Class::Pause,
        // The Page is restricted; its account must be linked anew.
        (10, 1_893_063 | 2_534_077) => Class::Pause,
        // Another app's id; an app without review.
        (100, 2_018_164) | (200, 2_018_028) => Class::Pause,
        // Outside of the window; the person takes no messages now; the thread is someone else's.
        (10, 2_018_278 | 2_534_022 | 2_018_065 | 2_018_108 | 2_018_336) => Class::Never,
        // A file couldn't be fetched in time.
        (100, 2_018_008 | 2_018_294) => Class::Few,
        // The person has blocked us, or left.
        (200 | 551, 1_545_041) => Class::Never,
        _ => return None,
    })
}

fn by_code(code: i64) -> Class {
    match code {
        // Unknown error, may be a bad request too.
        1 => Class::Few,
        // Temporary, and the limits of app, user and page.
        2 | 4 | 17 | 32 | 341 | 613 => Class::Retry,
        // Limits of the business use case; throughput; the pair's rate; maintenance.
        80_001 | 80_002 | 80_006 | 80_007 | 80_008 | 130_429 | 131_000 | 131_016 | 131_056 | 131_057 => Class::Retry,
        133_004 | 133_015 | 134_101 | 2_494_100 => Class::Retry,
        // Meta chose not to deliver; quality; templates paused; PINs guessed.
        131_048 | 131_049 | 131_064 | 132_015 | 132_069 | 133_000 | 133_008 | 133_009 | 133_016 => Class::Later,
        // Another app controls the thread.
        2_018_300 | 2_018_321 => Class::Later,
        // Token, permissions, the account's state.
        0 | 3 | 10 | 33 | 102 | 190 | 200..=299 | 368 | 2_022 => Class::Pause,
        131_005 | 131_031 | 131_037 | 131_042 | 131_045 | 132_068 | 133_006 | 133_010 | 134_011 | 134_102 => {
            Class::Pause
        }
        // "Duplicate post": the same words stand there already, perhaps those of an attempt that nobody knows about.
        506 => Class::Unknown,
        _ => Class::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_meta_says() {
        for (codes, class) in [
            (&[2, 4, 17, 32, 341, 613, 80_007, 130_429, 131_000, 131_016, 131_056, 131_057, 133_004][..], Class::Retry),
            (&[1], Class::Few),
            (&[131_048, 131_049, 131_064, 132_015, 2_018_300, 2_018_321], Class::Later),
            (&[0, 3, 10, 33, 102, 190, 200, 230, 299, 368, 2_022, 131_005, 131_031, 131_042, 133_010], Class::Pause),
            (
                &[100, 551, 803, 1_705, 10_900, 10_903, 130_472, 131_008, 131_026, 131_047, 132_001, 133_005],
                Class::Never,
            ),
            (&[506], Class::Unknown),
            (&[999_999, -1], Class::Never),
        ] {
            for code in codes {
                assert_eq!(classify(*code, 0), class, "{code}");
            }
        }
    }

    #[test]
    fn a_subcode_says_it_more_exactly_and_an_unknown_one_changes_nothing() {
        for (code, subcode, class) in [
            (1, 1_357_046, Class::Unknown),
            (10, 2_018_278, Class::Never),
            (10, 1_893_063, Class::Pause),
            (100, 33, Class::Never),
            (190, 463, Class::Pause),
            (200, 1_545_041, Class::Never),
            (551, 1_545_041, Class::Never),
            (2, 2_018_344, Class::Pause),
            (130_429, 2_494_055, Class::Retry),
        ] {
            assert_eq!(classify(code, subcode), class, "{code}/{subcode}");
        }
    }
}
