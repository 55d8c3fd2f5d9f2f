# The recipes of the house. `just` lists them.

_list:
    @just --list --unsorted

# Everything that has to pass before a change lands
ci:
    .ci/run

# The tests: `just test`, or `just test -p downbeat-dsp`
test *args="--workspace":
    cargo test {{args}}

# Two thousand edits by chance of mixes that are watched: the sound is never stale, and nothing leaks
soak:
    SOAK_IN_FULL=1 cargo test --release -p downbeat --test suite -- --nocapture soak_of

# The example mix
song *args:
    cargo run --release -- render examples/two-couples/mix.star {{args}}

# Write the reference and the golden files anew; look at the difference before committing
update:
    UPDATE_GOLDEN=1 cargo test --workspace

# Nanoseconds per sample of every effect, instrument and meter
bench *filter:
    cargo bench -p downbeat -- {{filter}}

# Features beside librosa's and effects beside pedalboard's: `just peers song.wav` (needs both: see benches/peers/README.md)
peers *files="examples/two-couples/stems/main-drums.flac":
    "${PYTHON:-python3}" benches/peers/features.py {{files}}
    "${PYTHON:-python3}" benches/peers/effects.py

# The whole program beside SoX summing the plain stems (needs sox and hyperfine)
race:
    cargo build --release
    hyperfine -N --warmup 2 -r 15 \
        'target/release/downbeat render examples/two-couples/original.star --bits 32f -o target/original.wav' \
        'sox -m examples/two-couples/stems/bass-synth.flac examples/two-couples/stems/brass-stabs.flac examples/two-couples/stems/hihats-and-toms.flac examples/two-couples/stems/main-drums.flac examples/two-couples/stems/pluck-synth.flac -e floating-point -b 32 target/sum.wav'

# Fuzz whatever reads bytes: `just fuzz wav`, `just fuzz midi`, `just fuzz script` (needs cargo-fuzz)
fuzz target seconds="60":
    cd fuzz && cargo fuzz run -s none {{target}} -- -max_total_time={{seconds}}
