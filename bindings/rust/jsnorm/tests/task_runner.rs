// SPDX-License-Identifier: Apache-2.0
//! Whatever runs the loops of the CPU backend, and however badly, the bits are the same.

use jsnorm::*;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Large enough for loops of several pieces.
const DIMS: [usize; 3] = [64, 64, 256];

fn y_of(handle: &Handle) -> Vec<f32> {
    let layout = Layout::packed(&DIMS).unwrap();
    let norm = Norm::batch_norm().build().unwrap();
    let mut x: Vec<f32> =
        (0..layout.elements()).map(|i| ((i * 53 + 7) % 997) as f32 / 64.0 - 5.0).collect();
    ForwardTraining::in_place(layout.of_mut(&mut x))
        .run(handle, &norm, &mut Workspace::new())
        .unwrap();
    x
}

fn with_threads(tasks: &Tasks) {
    std::thread::scope(|scope| {
        (1..tasks.count()).for_each(|_| drop(scope.spawn(|| while tasks.run_next() {})));
        while tasks.run_next() {}
    });
}

fn handle() -> Handle {
    let handle = Handle::new(Backend::CPU).unwrap();
    handle.set_thread_count(4).unwrap();
    handle
}

#[test]
fn a_runner_gets_the_pieces_and_the_bits_stay() {
    let mut handle = handle();
    let expected = y_of(&handle);
    let pieces = Arc::new(AtomicI64::new(0));
    let counter = Arc::clone(&pieces);
    handle
        .set_task_runner(move |tasks| {
            counter.fetch_add(tasks.count(), Ordering::Relaxed);
            with_threads(tasks);
            assert!(!tasks.run_next(), "no piece is left");
        })
        .unwrap();
    assert_eq!(y_of(&handle), expected);
    let used = pieces.load(Ordering::Relaxed);
    assert!(used >= 4, "{used} pieces");
    handle.reset_task_runner().unwrap();
    assert_eq!(y_of(&handle), expected);
    assert_eq!(pieces.load(Ordering::Relaxed), used, "the runner is not called any more");
}

#[test]
fn what_a_runner_leaves_is_done_all_the_same() {
    let mut handle = handle();
    let expected = y_of(&handle);
    handle.set_task_runner(|_| {}).unwrap();
    assert_eq!(y_of(&handle), expected);
    handle
        .set_task_runner(|tasks| {
            tasks.run_next();
            panic!("a runner that panics");
        })
        .unwrap();
    assert_eq!(y_of(&handle), expected);
}

#[test]
fn a_runner_cannot_use_the_handle_that_it_works_for() {
    thread_local! {
        static HANDLE: RefCell<Option<Handle>> = const { RefCell::new(None) };
    }
    static REFUSED: AtomicI64 = AtomicI64::new(0);
    HANDLE.with(|place| {
        let mut handle = handle();
        handle
            .set_task_runner(|_| {
                HANDLE.with(|place| {
                    let place = place.borrow();
                    let norm = Norm::batch_norm().build().unwrap();
                    let layout = Layout::<f32>::packed(&[2, 2]).unwrap();
                    let error = ForwardTraining::in_place(layout.of_mut(&mut [0.0; 4]))
                        .run(place.as_ref().unwrap(), &norm, &mut Workspace::new())
                        .unwrap_err();
                    assert_eq!(error.status(), Status::BAD_PARAM);
                    REFUSED.fetch_add(1, Ordering::Relaxed);
                });
            })
            .unwrap();
        *place.borrow_mut() = Some(handle);
        y_of(place.borrow().as_ref().unwrap());
    });
    assert!(REFUSED.load(Ordering::Relaxed) > 0);
}
