#!/bin/sh
# Says so in one line when there is no Rust, or one that is older than Cargo.toml's rust-version.
set -eu

needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$(dirname "$0")/../Cargo.toml")
remedy="get a current one from https://rustup.rs, open a new shell, try again"
if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
    echo "check-rust: there is no Rust on the PATH, $needed or newer is needed: $remedy" >&2
    exit 1
fi
found=$(rustc --version | cut -d ' ' -f 2)
oldest=$(printf '%s\n%s\n' "$needed" "$found" | sort --version-sort | head -n 1)
if [ "$oldest" != "$needed" ]; then
    echo "check-rust: $(command -v rustc) is $found, $needed or newer is needed: $remedy" >&2
    exit 1
fi
