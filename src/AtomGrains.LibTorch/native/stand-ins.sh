#!/bin/sh
# Debian's libtorch names OpenCV and FFmpeg and uses nothing of them: they bring two hundred other libraries into each process,
# half of the time that a worker takes to load the engine, and 67 MB. An empty library of the same name stands in for each.
#
#   stand-ins.sh LIBRARY OUTPUT_DIR
#
# OUTPUT_DIR has them afterwards; it is not made where LIBRARY uses all that it names, or does not load with them.
set -eu

library=$1
output=$2
compiler=${CXX:-g++}
mkdir -p "$(dirname "$output")"
temporary=$(mktemp -d "$(dirname "$output")/.stand-ins.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
facts=$temporary/facts
made=$temporary/made
mkdir "$facts" "$made"

needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'; }
path_of() { awk -v name="$1" '$1 == name { print $2; exit }' "$facts/paths"; }
symbols() { nm -D "$1" "$2" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u; }
complaints() { ldd -r "$library" 2>&1 | grep -E 'undefined symbol|not found|no version information' | sort -u || true; }

ldd "$library" | sed -n 's/^[[:space:]]*\([^ ]*\) => \(\/[^ ]*\) (0x.*/\1 \2/p' >"$facts/paths"
symbols --undefined-only "$library" >"$facts/wanted"

# What it names and takes no symbol from.
for name in $(needed "$library"); do
    path=$(path_of "$name")
    [ -z "$path" ] || [ -n "$(symbols --defined-only "$path" | comm -12 - "$facts/wanted" | head -n 1)" ] || echo "$name"
done | sort >"$facts/unused"

# What the libraries that stay name is theirs, however far away.
needed "$library" | sort | comm -23 - "$facts/unused" >"$facts/stay"
: >"$facts/seen"
while [ -s "$facts/stay" ]; do
    sort -u "$facts/stay" "$facts/seen" -o "$facts/seen"
    while read -r name; do
        path=$(path_of "$name")
        [ -z "$path" ] || needed "$path"
    done <"$facts/stay" | sort -u | comm -23 - "$facts/seen" >"$facts/next"
    mv "$facts/next" "$facts/stay"
done
comm -23 "$facts/unused" "$facts/seen" >"$facts/stand-ins"
[ -s "$facts/stand-ins" ] || exit 0

while read -r name; do
    "$compiler" -shared -nostdlib -x c /dev/null "-Wl,-soname,$name" -o "$made/$name"
done <"$facts/stand-ins"

# Every symbol of every library is looked up, also those that are bound when they are called first.
complaints >"$facts/before"
LD_LIBRARY_PATH=$made${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} complaints >"$facts/after"
new=$(comm -13 "$facts/before" "$facts/after" | head -n 1)
[ -z "$new" ] || { echo "stand-ins.sh: $library is loaded with all that it names: $new" >&2; exit 0; }

mv -T "$made" "$output" 2>/dev/null || [ -d "$output" ] # somebody made them at the same time
