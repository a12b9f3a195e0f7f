# shellcheck shell=bash
# What the machine's package feed has. Asked once; the answer is kept under .atom/set-up.

cluster_packages=(Microsoft.Orleans.Server Microsoft.Orleans.Sdk Microsoft.Orleans.Serialization.MessagePack
    Microsoft.Orleans.Clustering.AzureStorage MessagePack prometheus-net)

central_version() { sed -n "s/.*Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" "$root/Directory.Packages.props"; }

# The answers of one feed do not hold for another: this names the configuration and the versions asked for.
feed_fingerprint() {
    local configured=("$root/nuget.config" "$root/Directory.Packages.props" "$root/eng/feed.sh")
    local candidate
    for candidate in "${HOME:-}"/.nuget/NuGet/NuGet.Config "${HOME:-}"/.nuget/config/*.[cC]onfig \
        "${HOME:-}"/.config/NuGet/*.[cC]onfig /etc/opt/NuGet/Config/*.[cC]onfig; do
        [[ ! -r $candidate ]] || configured+=("$candidate")
    done
    # MSBuild takes further sources from the environment, as it does every property.
    { cat "${configured[@]}" && echo "${RestoreSources:-} ${RestoreAdditionalProjectSources:-}"; } | sha256sum | cut -c 1-16
}

# probe SECONDS NAME PACKAGE=VERSION...: restores a project that references the packages, within that time.
# Sets: missing, the packages that the feed lacks, as one line; empty when all restored.
# Returns 1 when the feed gave no answer, which says nothing about its packages.
probe() {
    local limit=$1 folder=$state/probe/$2 log=$state/probe/$2.log package
    shift 2
    mkdir -p "$folder"
    {
        echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>'
        for package in "$@"; do
            echo "<PackageReference Include=\"${package%%=*}\" Version=\"${package#*=}\" />"
        done
        echo '</ItemGroup></Project>'
    } >"$folder/probe.csproj"

    missing=
    # The project is alone: neither our properties nor our central versions apply to it.
    if (cd "$folder" && without_locks timeout "$limit" dotnet restore probe.csproj \
        -p:ImportDirectoryBuildProps=false -p:ImportDirectoryPackagesProps=false) >"$log" 2>&1 </dev/null; then
        return 0
    fi
    grep -qE 'error (NU11[0-9]{2}|NU16[0-9]{2})' "$log" || return 1
    for package in "$@"; do
        ! grep -qF "package ${package%%=*}" <(grep -E 'NU110[0-3]' "$log" | sed 's/ with version.*//; s/\. No .*//; s/$/ /' |
            grep -E "package ${package%%=*} ") || missing+="${missing:+, }${package%%=*}"
    done
    # A package that is there, but whose own dependencies are not, cannot be used either.
    missing=${missing:-"dependencies of ${*%%=*}"}
}

# Where a probe's restore has put a package, as a folder; nothing where it has not.
#   restored NAME PACKAGE
restored() {
    local version
    version=$(sed -n "s#^ *\"$2/\(.*\)\": {.*#\1#p;T;q" "$state/probe/$1/obj/project.assets.json")
    [[ -z $version ]] || echo "$(packages_folder "$1")/${2,,}/$version"
}

# Where a probe's restore has put all packages.
#   packages_folder NAME
packages_folder() {
    local folder
    folder=$(sed -n '/"packageFolders"/{n;s/^ *"\(.*\)": {}.*/\1/p}' "$state/probe/$1/obj/project.assets.json")
    echo "${folder%/}"
}

# Versions of the system's libraries that a native library was linked against and that are not here, as one line.
unmet_versions() { { ldd "$1" 2>&1 || true; } | sed -n "s/.*version \`\(.*\)' not found.*/\1/p" | sort -u | paste -sd ' '; }

# Sets: engine (TorchSharp|LibTorch), engine_package, engine_reason.
choose_engine() {
    engine=LibTorch engine_package=
    if [[ -n $libtorch ]]; then
        engine_reason="chosen by --libtorch or ATOMGRAINS_LIBTORCH"
        return
    fi
    local package=TorchSharp-cpu version unmet
    version=$(central_version TorchSharp-cpu)
    if [[ $wants_cuda == yes ]] && nvidia-smi -L 2>/dev/null | grep -q GPU; then
        package=TorchSharp-cuda-linux
        say "a GPU was found and asked for: $package $version downloads about 2.5 GB once"
    fi
    say "asking the package feed for $package $version ..."
    # The binding comes first: it is small, and may be built for a newer system; libtorch is half a gigabyte.
    if ! probe 600 binding "TorchSharp=$version"; then
        feed_answered=no engine_reason="the feed did not answer (log: $state/probe/binding.log)"
        return
    elif [[ -n $missing ]]; then
        engine_reason="the package feed has no TorchSharp $version"
        return
    fi
    unmet=$(unmet_versions "$(restored binding TorchSharp)/runtimes/linux-x64/native/libLibTorchSharp.so")
    if [[ -n $unmet ]]; then
        engine_reason="TorchSharp $version restores, but was built for a newer system: $unmet is not here"
    elif ! probe 600 engine "$package=$version"; then
        feed_answered=no engine_reason="the feed did not answer (log: $state/probe/engine.log)"
    elif [[ -n $missing ]]; then
        engine_reason="the package feed has no $package $version"
    else
        engine=TorchSharp engine_package=$package engine_reason="$package $version restores"
    fi
}

# Sets: left_out, why the cluster profile is neither built nor tested.
choose_profile() {
    local asked=() package
    for package in "${cluster_packages[@]}"; do
        asked+=("$package=$(central_version "$package")")
    done
    say "asking the package feed for the cluster packages ..."
    if ! probe 600 cluster "${asked[@]}"; then
        feed_answered=no left_out="the package feed did not answer (log: $state/probe/cluster.log)"
    elif [[ -n $missing ]]; then
        left_out="the package feed lacks $missing"
    elif [[ ! -d $root/tests/Cluster ]]; then
        left_out="its packages restore, but this tree has no tests/Cluster"
    else
        left_out=
    fi
}

# Where the answers for this feed, this libtorch and these native sources are kept.
set_up_file() {
    echo "$state/set-up/$(fingerprint "$(feed_fingerprint)" "$libtorch" "$(libtorch_listing)" "$wants_cuda" "${ATOMGRAINS_LOAD_ALL:-}" \
        "$(file_listing "$root/src/AtomGrains.LibTorch/native")")"
}

# Does the set-up unless it was done.
# Sets: engine, engine_package, engine_reason, native, left_out.
set_up_once() {
    if [[ $refresh == no ]] && read_set_up "$(set_up_file)"; then
        return
    fi
    lock set-up
    if [[ $refresh == yes ]] || ! read_set_up "$(set_up_file)"; then
        set_up
        mkdir -p "$state/set-up"
        # An unanswered question is asked again next time. The name is asked for again: a libtorch may have been installed.
        [[ $feed_answered == no ]] || declare -p engine engine_package engine_reason native left_out compiler >"$(set_up_file)"
    fi
    unlock
}

read_set_up() {
    [[ -r $1 ]] || return 1
    local line
    while IFS= read -r line; do
        eval "${line/#declare --/declare -g --}"
    done <"$1"
    [[ -z $native || -e $native ]] && [[ -z $compiler || -e $compiler ]]
}

set_up() {
    require_sdk
    feed_answered=yes native=
    choose_engine
    say "tensor engine: $engine ($engine_reason)"
    choose_profile
    if [[ -n $left_out ]]; then
        say "profile: embedded; the cluster profile is left out: $left_out"
    else
        say "profile: embedded and cluster"
    fi
    choose_compiler
    [[ $engine == TorchSharp ]] || set_up_libtorch
}
