//! What every bus must do, held to each of them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod in_process;
#[cfg(feature = "kafka")]
mod kafka;
mod suite;

/// A test for every law of the suite, on the buses that `$stage` makes: `None` where there can be none.
macro_rules! laws {
    ($stage:path) => {
        laws!(
            $stage:
            topics_are_prepared_once,
            messages_of_a_key_keep_their_order,
            what_is_sent_is_what_is_delivered,
            a_reader_begins_anywhere,
            a_reader_waits_for_what_comes,
            a_group_shares_the_partitions,
            who_takes_over_begins_at_the_committed_offset,
            only_its_own_partitions_can_be_committed,
            groups_do_not_disturb_each_other,
            topics_that_differ_cannot_be_consumed_together,
            how_far_behind_is_told,
            what_is_too_large_is_refused,
            a_consumer_may_go_while_others_poll,
        );
    };
    ($stage:path: $($law:ident),+ $(,)?) => {
        $(#[test]
        fn $law() {
            if let Some(bus) = $stage(stringify!($law)) {
                crate::suite::$law(&*bus);
            }
        })+
    };
}
use laws;

#[cfg(not(feature = "kafka"))]
#[test]
fn kafka() {
    eprintln!("skipped: built without the feature kafka; `make test-services` tests the bus over a broker");
}
