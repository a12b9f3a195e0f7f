# shellcheck shell=bash
# Building and starting the program. Sources that did not change are not built again.

# MSBuild takes properties from the environment, so every dotnet command sees the same engine.
build_environment() {
    export TensorEngine=$engine
    [[ -z $engine_package ]] || export TorchSharpPackage=$engine_package
}

build_key() {
    fingerprint "$engine" "$engine_package" "$(file_listing "$root/src" "$@")" "$(cat "$root"/Directory.* "$root"/*.json)"
}

# Builds the program and keeps a copy under .atom/app. The program runs from that copy, so that a later
# build never changes files under a run that is going on and will still start worker processes.
build_program_once() {
    build_environment
    program_folder=$state/app/$(build_key)
    [[ ! -x $program_folder/AtomGrains ]] || return 0
    lock build
    if [[ ! -x $program_folder/AtomGrains ]]; then
        dotnet_build src/AtomGrains/AtomGrains.csproj "building AtomGrains"
        keep_program
    fi
    unlock
}

# dotnet_build PROJECT WHAT
dotnet_build() {
    require_sdk
    run_step "$2 (Release, $engine)" "TensorEngine=$engine dotnet build $1 -c Release" \
        dotnet build "$1" -c Release -nodeReuse:false -v:quiet "-clp:NoSummary;ErrorsOnly"
}

keep_program() {
    local output=$root/src/AtomGrains/bin/Release/net10.0 new=$state/app/new.$$
    mkdir -p "$state/app"
    drop_old_programs
    rm -rf "$new"
    cp -a "$output" "$new"
    mv -T "$new" "$program_folder"
}

# A program that still runs holds a shared lock on its folder.
drop_old_programs() {
    local folder
    find "$state/app" -mindepth 1 -maxdepth 1 -type d -mmin +60 | while read -r folder; do
        flock -n -x "$folder" rm -rf "$folder" || true
    done
}

start_program() {
    local in_use
    exec {in_use}<"$program_folder"
    flock -s "$in_use"
    exec "$program_folder/AtomGrains" "$@"
}

# The benches are a program of their own, beside the program that they start.
build_bench_once() {
    build_environment
    bench_folder=$state/bench/$(fingerprint "$(build_key)" "$(file_listing "$root/bench")")
    [[ ! -x $bench_folder/AtomGrains.Bench ]] || return 0
    lock build
    if [[ ! -x $bench_folder/AtomGrains.Bench ]]; then
        dotnet_build bench/AtomGrains.Bench/AtomGrains.Bench.csproj "building the benches"
        mkdir -p "$state/bench"
        find "$state/bench" -mindepth 1 -maxdepth 1 -mmin +60 -exec rm -rf {} +
        cp -a "$root/bench/AtomGrains.Bench/bin/Release/net10.0" "$state/bench/new.$$"
        mv -T "$state/bench/new.$$" "$bench_folder"
    fi
    unlock
}

start_bench() { exec "$bench_folder/AtomGrains.Bench" "$@"; }
