//! Ctrl-C and SIGTERM: where a run can be saved it ends after its chunk, else after the submission in flight.

use super::session::say;
use spinfield::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The flag of the device in use.
static DEVICE: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);
/// Whether somebody wants the program to stop.
static WANTED: AtomicBool = AtomicBool::new(false);
/// Whether the work under way looks at [`WANTED`] between chunks.
static IN_CHUNKS: AtomicBool = AtomicBool::new(false);

/// From here on an interrupt ends what this flag's device is doing.
pub fn interrupt_by(flag: Arc<AtomicBool>) {
    *DEVICE.lock().unwrap_or_else(PoisonError::into_inner) = Some(flag);
}

/// Whether somebody wants the program to stop.
pub fn wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// Says whether the work that follows looks at [`wanted`] between chunks, and is not to be cut short.
pub fn wait_for_chunks(waits: bool) {
    IN_CHUNKS.store(waits, Ordering::Relaxed);
}

/// The first Ctrl-C ends the run in good order; where nothing runs yet, or at the second one, the program ends at once.
pub fn listen() {
    let handler = || {
        let again = WANTED.swap(true, Ordering::Relaxed);
        match &*DEVICE.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(_) if !again && IN_CHUNKS.load(Ordering::Relaxed) => {
                say("spinfield: stopping when the chunk under way is done and saved; again to stop at once");
            }
            Some(flag) if !again => flag.store(true, Ordering::Relaxed),
            _ => std::process::exit(i32::from(Error::Interrupted.exit_code())),
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl-C ends the program at once: {error}");
    }
}
