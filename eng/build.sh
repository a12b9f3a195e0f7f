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
    program_folder=$state/app/$(build_key "$root/grains")-$program
    [[ ! -x $program_folder/$program ]] || return 0
    lock build
    if [[ ! -x $program_folder/$program ]]; then
        dotnet_build "src/$program/$program.csproj" "building $program"
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
    local output=$root/src/$program/bin/Release/net10.0 new=$state/app/new.$$
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
    exec "$program_folder/$program" "$@"
}
