//! The way from the renderer to the output: a ring of frames with one end to write and one to read.
//!
//! Neither end waits for the other, holds a lock or asks for memory, so that the output is never late because of it. What
//! is counted only goes up; a frame is one number of 64 bits, both samples of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What both ends see, and whoever looks on.
pub struct Ring {
    slots: Box<[AtomicU64]>,
    written: AtomicU64,
    read: AtomicU64,
    /// Nothing more will be written.
    ended: AtomicBool,
    /// Nobody wants to hear more.
    stopped: AtomicBool,
    /// All has been heard that will be.
    done: AtomicBool,
    /// How often the reader found nothing although more was to come.
    gaps: AtomicU64,
}

/// The end to write to.
pub struct Writer(Arc<Ring>);

/// The end to read from.
pub struct Reader(Arc<Ring>);

/// A ring with room for so many frames, at least one.
pub fn ring(frames: usize) -> (Writer, Reader, Arc<Ring>) {
    let ring = Arc::new(Ring {
        slots: (0..frames.max(1)).map(|_| AtomicU64::new(0)).collect(),
        written: AtomicU64::new(0),
        read: AtomicU64::new(0),
        ended: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
        done: AtomicBool::new(false),
        gaps: AtomicU64::new(0),
    });
    (Writer(ring.clone()), Reader(ring.clone()), ring)
}

impl Ring {
    /// How many frames have been heard.
    pub fn heard(&self) -> u64 {
        self.read.load(Ordering::Acquire)
    }

    /// How many frames wait to be heard.
    pub fn waiting(&self) -> u64 {
        // Asked first: what has been heard was written before, and both go on meanwhile.
        let heard = self.heard();
        self.written.load(Ordering::Acquire) - heard
    }

    /// Whether all has been written.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Asks both ends to come to an end.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Whether they have been asked to.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether all has been heard that will be.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// How often the sound broke off because nothing was there in time.
    pub fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }

    fn slot(&self, frame: u64) -> &AtomicU64 {
        &self.slots[(frame % self.slots.len() as u64) as usize]
    }
}

impl Writer {
    /// Writes as many of these frames as there is room for, and says how many.
    pub fn write(&mut self, left: &[f32], right: &[f32]) -> usize {
        let ring = &*self.0;
        let from = ring.written.load(Ordering::Relaxed);
        let room = ring.slots.len() as u64 - (from - ring.read.load(Ordering::Acquire));
        let mut frame = from;
        for (left, right) in left.iter().zip(right).take(room as usize) {
            let both = u64::from(left.to_bits()) << 32 | u64::from(right.to_bits());
            ring.slot(frame).store(both, Ordering::Relaxed);
            frame += 1;
        }
        // Who sees the count sees what lies in the slots.
        ring.written.store(frame, Ordering::Release);
        (frame - from) as usize
    }

    /// Whether nobody wants to hear more.
    pub fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }
}

/// Nothing more comes when nobody is left to write it.
impl Drop for Writer {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

impl Reader {
    /// The next frame, left and right, if it is there.
    pub fn next(&mut self) -> Option<[f32; 2]> {
        let ring = &*self.0;
        let frame = ring.read.load(Ordering::Relaxed);
        if frame == ring.written.load(Ordering::Acquire) {
            return None;
        }
        let both = ring.slot(frame).load(Ordering::Relaxed);
        // Who sees the count may write over the slot.
        ring.read.store(frame + 1, Ordering::Release);
        Some([f32::from_bits((both >> 32) as u32), f32::from_bits(both as u32)])
    }

    /// Whether nothing more will come. What is there can still be read.
    pub fn has_ended(&self) -> bool {
        self.0.has_ended()
    }

    /// Whether it has been asked to come to an end.
    pub fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }

    /// The sound broke off.
    pub fn gap(&self) {
        self.0.gaps.fetch_add(1, Ordering::Relaxed);
    }

    /// All has been heard.
    pub fn done(&self) {
        self.0.done.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in_and_no_more_than_there_is_room_for() {
        let (mut writer, mut reader, ring) = ring(5);
        assert_eq!(reader.next(), None);
        assert_eq!(writer.write(&[0.0, 1.0, 2.0, 3.0], &[-0.0, -1.0, -2.0, -3.0]), 4);
        assert_eq!(writer.write(&[4.0, 5.0], &[-4.0, -5.0]), 1, "it is full");
        assert_eq!((ring.waiting(), ring.heard()), (5, 0));
        for i in 0..5 {
            assert_eq!(reader.next(), Some([i as f32, -(i as f32)]));
        }
        assert_eq!((reader.next(), ring.waiting(), ring.heard()), (None, 0, 5));
        assert!(!reader.has_ended());
        drop(writer);
        assert!(reader.has_ended());
    }

    #[test]
    fn two_threads_lose_and_mix_up_nothing() {
        const FRAMES: u32 = 200_000;
        let (mut writer, mut reader, ring) = ring(97);
        // Somebody looks on all the time.
        let look = std::thread::spawn(move || {
            while !ring.has_ended() {
                assert!(ring.waiting() <= u64::from(FRAMES));
            }
        });
        let write = std::thread::spawn(move || {
            let mut frame = 0;
            while frame < FRAMES {
                // Whole numbers that 32 bits hold exactly.
                let count = (frame % 31 + 1).min(FRAMES - frame);
                let left: Vec<f32> = (frame..frame + count).map(|i| i as f32).collect();
                let right: Vec<f32> = left.iter().map(|x| -x).collect();
                let written = writer.write(&left, &right);
                if written == 0 {
                    std::thread::yield_now();
                }
                frame += written as u32;
            }
        });
        let mut expected = 0;
        while expected < FRAMES {
            match reader.next() {
                Some(frame) => {
                    assert_eq!(frame, [expected as f32, -(expected as f32)]);
                    expected += 1;
                }
                None => std::thread::yield_now(),
            }
        }
        write.join().unwrap();
        look.join().unwrap();
        assert!(reader.next().is_none() && reader.has_ended());
    }
}
