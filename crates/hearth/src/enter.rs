//! How a process that was started as an executor becomes one, before `main`.
//!
//! The user's `main` must not run on executors: it would parse arguments it was not given, and print what only the driver
//! should print. It may also be somebody else's, as in a test. So the executor is entered from the list of functions that
//! the system runs when a program is loaded. See `docs/adr/0001-executors-enter-before-main.md`.

use std::process::exit;
use std::sync::Arc;

use hearth_rdd::RddRunner;
use hearth_types::pod::{ROLE, ROLE_EXECUTOR};

use crate::first_process;

#[expect(unsafe_code, reason = "the allocator's own constructor, which takes and returns nothing")]
unsafe extern "C" {
    /// What mimalloc does when it is loaded. The loader calls it after `enter`, so on executors never, and a mimalloc that
    /// believes to be loading asks the system for every single page and gives it back at once.
    safe fn _mi_auto_process_init();
}

extern "C" fn enter() {
    // Before anything else: there must be no other thread, and little memory.
    first_process::split();
    if std::env::var_os(ROLE).is_some_and(|role| role == ROLE_EXECUTOR) {
        _mi_auto_process_init();
        // A panic cannot leave a function that the loader calls; `executor_main` lets none out.
        let ended = hearth_executor::executor_main(Arc::new(RddRunner));
        exit(i32::from(ended != std::process::ExitCode::SUCCESS));
    }
}

/// Where the loader finds `enter`.
#[expect(unsafe_code, reason = "a pointer in the list of functions that run before main; it has their type")]
#[used]
#[unsafe(link_section = ".init_array")]
static ENTER: extern "C" fn() = enter;
