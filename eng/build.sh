# shellcheck shell=bash
# Building and starting the program. Sources that did not change are not built again.

# MSBuild takes properties from the environment, so every dotnet command sees the same engine.
build_environment() {
    export TensorEngine=$engine
    [[ -z $engine_package ]] || export TorchSharpPackage=$engine_package
}

build_key() {
    fingerprint "$engine" "$engine_package" "$compiler" "$(file_listing "$root/src" "$@")" "$(cat "$root"/Directory.* "$root"/*.json)"
}

# Sets: program, the one that is built and started: with the Orleans host only where that is asked for.
choose_program() {
    program=AtomGrains
    [[ ${ATOMGRAINS_HOST:-} != orleans && " $* " != *" --host orleans "* && " $* " != *" --host=orleans "* ]] && return
    [[ -z $left_out ]] || refuse "--host orleans needs the cluster profile, which is left out here: $left_out"
    program=AtomGrains.Silo
}

# Builds the program and keeps a copy under .atom/app. The program runs from that copy, so that a later
# build never changes files under a run that is going on and will still start worker processes.
build_program_once() {
    build_environment
    find_program_folder
    [[ ! -x $program_folder/$program ]] || return 0
    lock build
    if [[ ! -x $program_folder/$program ]]; then
        dotnet_build "src/$program/$program.csproj" "building $program"
        keep_program
    fi
    unlock
}

# Sets: program_folder, where the program is kept.
find_program_folder() { program_folder=$state/app/$(build_key "$root/grains")-$program; }

# dotnet_build PROJECT WHAT
dotnet_build() {
    require_sdk
    run_step "$2 (Release, $engine)" "TensorEngine=$engine dotnet build $1 -c Release" \
        dotnet build "$1" -c Release -nodeReuse:false -v:quiet "-clp:NoSummary;ErrorsOnly"
}

keep_program() {
    local output=$root/src/$program/bin/Release/net10.0 new=$state/app/new.$$
    mkdir -p "$state/app"
    drop_old_programs
    rm -rf "$new"
    cp -a "$output" "$new"
    compile_ahead "$new"
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
    exec "$program_folder/$program" "$@"
}

# The simulator needs no tensor engine: it is Core alone, in virtual time.
build_simulator_once() {
    simulator=$state/simulator/$(fingerprint "$(file_listing "$root/src/AtomGrains.Core" "$root/src/AtomGrains.Simulator")")
    build_tool_once "$simulator" AtomGrains.Simulator src/AtomGrains.Simulator "building the simulator"
}

start_simulator() { exec "$simulator/AtomGrains.Simulator" "$@"; }

# The benches are a program of their own, beside the program that they start.
build_bench_once() {
    bench_folder=$state/bench/$(fingerprint "$(build_key)" "$(file_listing "$root/bench")")
    build_tool_once "$bench_folder" AtomGrains.Bench bench/AtomGrains.Bench "building the benches"
}

# Benches of silos start the program that has them.
build_silo_program() {
    choose_program "$@"
    [[ $program == AtomGrains.Silo ]] || return 0
    build_program_once
    export ATOMGRAINS_SILO_PROGRAM=$program_folder/$program
}

start_bench() { exec "$bench_folder/AtomGrains.Bench" "$@"; }

# build_tool_once FOLDER NAME PROJECT WHAT: keeps a copy of a built program in FOLDER, and drops older copies.
build_tool_once() {
    local folder=$1 name=$2 project=$3
    [[ ! -x $folder/$name ]] || return 0
    build_environment
    lock build
    if [[ ! -x $folder/$name ]]; then
        dotnet_build "$project/$name.csproj" "$4"
        mkdir -p "${folder%/*}"
        find "${folder%/*}" -mindepth 1 -maxdepth 1 -mmin +60 -exec rm -rf {} +
        cp -a "$root/$project/bin/Release/net10.0" "${folder%/*}/new.$$"
        compile_ahead "${folder%/*}/new.$$"
        mv -T "${folder%/*}/new.$$" "$folder"
    fi
    unlock
}
