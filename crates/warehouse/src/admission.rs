//! Whether a batch follows what is kept: the same rule for every store.

use crate::{Batch, Progress, SessionId, WarehouseError};

/// What is to be done with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Nothing: it is there.
    Known,
    /// It goes on where the rows end.
    Append,
    /// It takes the place of all rows of the session.
    Replace,
}

/// Holds a batch against what is kept of its session.
pub(crate) fn admit(session: &SessionId, have: Option<Progress>, batch: &Batch) -> Result<Admission, WarehouseError> {
    let (revision, sequence) = (batch.session.revision, batch.session.sequence);
    let is_new = have.is_none_or(|have| revision > have.revision);
    match have {
        Some(have) if revision < have.revision => Ok(Admission::Known),
        Some(have) if !is_new && sequence <= have.sequence => Ok(Admission::Known),
        Some(have) if !is_new && have.is_finished => Err(WarehouseError::Finished { session: session.clone() }),
        Some(have) if !is_new && batch.after == have.sequence => Ok(Admission::Append),
        _ if batch.after == 0 => Ok(Admission::Replace),
        _ => Err(WarehouseError::Misaligned { session: session.clone(), after: batch.after, have }),
    }
}

#[cfg(test)]
mod tests {
    use overcut_store::SessionRow;

    use super::*;

    fn said(have: Option<(u64, u64, bool)>, revision: u64, after: u64, sequence: u64) -> Option<Admission> {
        let have = have.map(|(revision, sequence, is_finished)| Progress { revision, sequence, is_finished });
        let session = SessionRow { revision, sequence, ..SessionRow::default() };
        admit(&"s".parse().unwrap(), have, &Batch { session, after, ..Batch::default() }).ok()
    }

    #[test]
    fn only_what_follows_is_taken() {
        use Admission::{Append, Known, Replace};
        assert_eq!(said(None, 0, 0, 5), Some(Replace));
        assert_eq!(said(None, 0, 5, 9), None, "something was left out");
        let have = Some((1, 5, false));
        assert_eq!(said(have, 1, 5, 9), Some(Append));
        assert_eq!(said(have, 1, 0, 5), Some(Known));
        assert_eq!(said(have, 1, 3, 9), None, "it overlaps");
        assert_eq!(said(have, 1, 7, 9), None, "something was left out");
        assert_eq!(said(have, 1, 0, 9), Some(Replace), "it says everything");
        assert_eq!(said(have, 2, 0, 3), Some(Replace), "a higher revision");
        assert_eq!(said(have, 2, 5, 9), None, "a higher revision begins anew");
        assert_eq!(said(have, 0, 5, 9), Some(Known), "an older revision");
        let finished = Some((1, 5, true));
        assert_eq!(said(finished, 1, 0, 5), Some(Known));
        assert_eq!(said(finished, 1, 5, 9), None);
        assert_eq!(said(finished, 2, 0, 1), Some(Replace));
    }
}
