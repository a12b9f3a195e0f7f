#!/bin/sh
# Compiles the native half of AtomGrains.LibTorch for one libtorch and prints the path of the library.
#
#   build.sh system|LIBTORCH_DIR OUTPUT_DIR
#
# `system` is the distribution's libtorch-dev; LIBTORCH_DIR is an unpacked libtorch or the folder of a Python torch
# (.../site-packages/torch). ATOMGRAINS_LIBTORCH, if set, stands in for `system`. The library's name carries a hash
# of everything that decides it, so a second call with nothing changed compiles nothing. Beside it, for the distribution's
# libtorch, lie empty libraries that stand in for those it uses nothing of (stand-ins.sh); with ATOMGRAINS_LOAD_ALL set there
# are none, for a job that uses one of those itself.
set -eu

fail() { echo "build.sh: $*" >&2; exit 2; }

[ $# -eq 2 ] || fail "usage: build.sh system|LIBTORCH_DIR OUTPUT_DIR"
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
source_file="$here/atomgrains_torch.cpp"
libtorch=$1
output=$2
[ "$libtorch" != system ] || libtorch=${ATOMGRAINS_LIBTORCH:-system}
compiler=${CXX:-g++}
command -v "$compiler" >/dev/null || fail "no C++ compiler '$compiler'; run: apt-get install g++"

if [ "$libtorch" = system ]; then
    include=/usr/include
    libraries=$(dirname "$(ls /usr/lib/*/libtorch_cpu.so /usr/lib/libtorch_cpu.so 2>/dev/null | head -n 1)")
    [ "$libraries" != . ] || fail "no libtorch; run: apt-get install libtorch-dev libopenblas0-openmp"
    rpath=
else
    include=$libtorch/include
    libraries=$libtorch/lib
    [ -e "$libraries/libtorch_cpu.so" ] || fail "$libtorch has no lib/libtorch_cpu.so"
    rpath="-Wl,-rpath,$(CDPATH= cd -- "$libraries" && pwd)"
fi
version_header=$include/torch/csrc/api/include/torch/version.h
[ -e "$version_header" ] || fail "$version_header is missing; run: apt-get install libtorch-dev"
version=$(sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\)$/\2/p' "$version_header" | paste -sd .)

# std::string has two layouts in libstdc++; ours must be the one that this libtorch was built with.
if nm -D "$libraries/libc10.so" | grep -q 'c105Error.*__cxx11'; then abi=1; else abi=0; fi

cuda=
if [ -e "$libraries/libtorch_cuda.so" ]; then cuda="-Wl,--no-as-needed -ltorch_cuda -Wl,--as-needed"; fi

loaded=$({ echo "$libraries/libtorch_cpu.so"; ldd "$libraries/libtorch_cpu.so" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'; } | xargs stat -Lc '%n %s')
stamp="$libtorch $version abi=$abi cuda=${cuda:+yes} all=${ATOMGRAINS_LOAD_ALL:+yes} $loaded $("$compiler" --version | head -n 1)"
key=$( { cat "$source_file" "$0" "$here/stand-ins.sh"; echo "$stamp"; } | sha256sum | cut -c 1-16)
library=$output/atomgrains_torch-$key.so

if [ ! -e "$library" ]; then
    mkdir -p "$output"
    temporary=$output/.atomgrains_torch-$key.$$
    trap 'rm -f "$temporary" "$temporary.log"' EXIT
    if [ "$libtorch" = system ] && [ -z "${ATOMGRAINS_LOAD_ALL:-}" ]; then
        [ -d "$output/stand-ins-$key" ] || sh "$here/stand-ins.sh" "$libraries/libtorch_cpu.so" "$output/stand-ins-$key"
        # Not a run path of the newer kind, which what our library names would have to follow by itself.
        rpath='-Wl,--disable-new-dtags,-rpath,$ORIGIN/stand-ins-'$key
    fi
    echo "build.sh: compiling the binding for libtorch $version ($libtorch); about 20 s, once" >&2
    built=
    for standard in c++17 c++20; do # libtorch 1.13 to 2.x want 17, later ones 20
        # shellcheck disable=SC2086
        if "$compiler" -std=$standard -O2 -fPIC -shared -fvisibility=hidden -w \
            -D_GLIBCXX_USE_CXX11_ABI=$abi "-DTORCH_VERSION_TEXT=\"$version\"" \
            -I"$include" -I"$include/torch/csrc/api/include" "$source_file" -o "$temporary" \
            -L"$libraries" $rpath -ltorch_cpu -lc10 $cuda -ldl 2>"$temporary.log"; then
            built=yes
            break
        fi
    done
    [ -n "$built" ] || { cat "$temporary.log" >&2; fail "the compiler refused atomgrains_torch.cpp for libtorch $version"; }
    mv "$temporary" "$library" # atomic: a second build at the same time sees a whole library or none
fi
echo "$library"
