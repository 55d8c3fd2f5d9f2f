//! The memory that a checkpoint of an effect takes is what the effect says it is, to the byte.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod noise;
mod rows;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use downbeat_dsp::{
    Audio, Automation, EFFECTS, EffectInfo, Follow, Format, Kind, Movement, Point, Processor, Settings, Value, Way,
};

/// The system's allocator, and how many bytes each thread has asked it for.
struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    ASKED.with(|asked| asked.set(asked.get() + bytes));
}

// SAFETY: every call goes to the system's allocator as it is. Counting asks for no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, start: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count(bytes);
        unsafe { System.realloc(start, layout, bytes) }
    }
    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many bytes were asked for until it was there.
fn asked<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = ASKED.with(Cell::get);
    let made = make();
    (made, ASKED.with(Cell::get) - before)
}

/// The effect with each of its numbers on its way from one end to the other, and with each following a strip.
fn moving(info: &'static EffectInfo) -> Vec<Settings> {
    let mut variants = Vec::new();
    for (i, param) in info.params().iter().enumerate() {
        let Kind::Number { min, max } = param.kind else { continue };
        let point = |frame, value| Point { frame, value, way: Way::Linear };
        let (attack, release, floor_db, top_db) = (100.0, 1000.0, -40.0, 0.0);
        let follow = Follow { strip: "Kick".into(), attack, release, floor_db, top_db, quiet: min, loud: max };
        for movement in [Movement::Curve(vec![point(100, min), point(3000, max)]), Movement::Follow(follow)] {
            let mut values = rows::usual(info);
            values[i] = Value::Moving(Arc::new(Automation::new(movement, "it moves")));
            // What cannot move is refused.
            variants.extend(info.settings(values));
        }
    }
    variants
}

#[test]
fn a_checkpoint_takes_as_many_bytes_as_it_says() {
    let (mut streaming, mut largest) = (0, 0);
    for settings in EFFECTS.iter().flat_map(|info| rows::variants(info).into_iter().chain(moving(info))) {
        let Processor::Stream(stream) = settings.made() else { continue };
        streaming += 1;
        for format in [Format::mono(44_100), Format::stereo(48_000)] {
            let mut sound = Audio::silence(format, 2000);
            for (seed, plane) in sound.planes_mut().enumerate() {
                plane.iter_mut().enumerate().for_each(|(i, x)| *x = noise::noise(i + 5000 * seed) as f32);
            }
            let mut running = stream.clone().start(format, 0);
            for _ in 0..2 {
                let (checkpoint, bytes) = asked(|| running.checkpoint());
                assert_eq!(running.bytes(), bytes, "{settings}");
                assert_eq!(checkpoint.bytes(), bytes, "{settings}: a checkpoint is as large as what it is of");
                largest = largest.max(bytes);
                running.process(&mut sound.block());
            }
        }
    }
    assert!(streaming > 100 && largest > 1_000_000, "{streaming} effects with up to {largest} bytes");
}
