//! Whose turn it is to use the cluster: that of several tests side by side, or of one that must be alone.
//!
//! Tests wait for pods most of the time, so more of them run side by side than there are processors. One that must be alone
//! keeps all others waiting, and waits until the last of them has ended. So such tests have their turn when no other is left,
//! one after another, if there are threads enough for them to wait.

use std::sync::{Condvar, Mutex, PoisonError};

/// So many side by side: more would wait for room on the nodes.
const TOGETHER: u32 = 8;

static TURNS: Mutex<Turns> = Mutex::new(Turns { together: 0, alone: false });
static OVER: Condvar = Condvar::new();

/// Who has a turn.
struct Turns {
    together: u32,
    alone: bool,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(crate) enum Turn {
    Together,
    Alone,
}

impl Turn {
    /// Waits for a place beside others.
    pub(crate) fn together() -> Self {
        take(|turns| turns.alone || turns.together == TOGETHER, |turns| turns.together += 1);
        Self::Together
    }

    /// Waits until nobody else has a turn.
    pub(crate) fn alone() -> Self {
        take(|turns| turns.alone || turns.together > 0, |turns| turns.alone = true);
        Self::Alone
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        match self {
            Self::Together => turns.together -= 1,
            Self::Alone => turns.alone = false,
        }
        OVER.notify_all();
    }
}

fn take(is_taken: impl Fn(&Turns) -> bool, take: impl FnOnce(&mut Turns)) {
    let turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut turns = OVER.wait_while(turns, |turns| is_taken(turns)).unwrap_or_else(PoisonError::into_inner);
    take(&mut turns);
}
