# shellcheck shell=bash
# Compiling libraries ahead of time, where the feed has the compiler. Else every process compiles what it runs while it starts:
# a quarter of a second of a worker, a whole one of a silo, and as long a dead one's place stays empty.
# What is compiled holds for this framework and is checked as it is loaded: what does not fit is compiled by the process after all.

# What our programs start with, and no step goes through.
compiled_ahead=(AtomGrains AtomGrains.Azure AtomGrains.Clustering AtomGrains.Silo
    Orleans.Clustering.AzureStorage Azure.Core Azure.Data.Tables Azure.Storage.Blobs Azure.Storage.Common
    Microsoft.Extensions.DependencyModel Polly.Core Polly.Extensions Polly Prometheus.NetStandard System.ClientModel
    System.CommandLine YamlDotNet)

# What steps go through. Ahead of time it is compiled for any processor, library by library, and a worker, which compiles each
# method once, would keep that: beside the step loops it takes 7.1 % of their time then, and 6.5 % compiled where it runs
# (medians of six runs in turns). For tests, whose processes live for seconds.
# Not AtomGrains.Torch: it holds a job, whose runs go on with the same file only, by its hash.
of_steps=(AtomGrains.Core AtomGrains.Grains AtomGrains.Grains.Abstractions AtomGrains.LibTorch AtomGrains.Node
    Orleans.Core Orleans.Core.Abstractions Orleans.Persistence.Memory Orleans.Runtime
    Orleans.Serialization Orleans.Serialization.Abstractions Orleans.Serialization.MessagePack MessagePack TorchSharp)

# compile_all_ahead FOLDER...
compile_all_ahead() {
    local compiled_ahead=("${compiled_ahead[@]}" "${of_steps[@]}")
    compile_ahead "$@"
}

# The newest .NET 10 of the dotnet that starts our programs: its shared frameworks, which have that version; nothing without one.
newest_framework() { { ls "${DOTNET_ROOT:-}/shared/Microsoft.NETCore.App" 2>/dev/null || true; } | { grep '^10\.[0-9.]*$' || true; } | sort -V | tail -n 1; }

# Sets: compiler, its file; empty where there is none.
choose_compiler() {
    compiler=
    local framework package folder=$state/probe/compiler log=$state/probe/compiler.log
    framework=$(newest_framework)
    [[ -n $framework ]] || return 0
    package=Microsoft.NETCore.App.Crossgen2.linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    say "asking the package feed for $package $framework (12 MB), which compiles our programs ahead of time ..."
    mkdir -p "$folder"
    cat >"$folder/probe.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
<ItemGroup><PackageDownload Include="$package" Version="[$framework]" /></ItemGroup></Project>
PROJECT
    (cd "$folder" && without_locks timeout 300 dotnet restore probe.csproj \
        -p:ImportDirectoryBuildProps=false -p:ImportDirectoryPackagesProps=false) >"$log" 2>&1 </dev/null || return 0
    compiler=$(packages_folder compiler)/${package,,}/$framework/tools/crossgen2
    # A package for another system, or of another shape.
    "$compiler" --help >>"$log" 2>&1 </dev/null || compiler=
}

# compile_ahead FOLDER...: the libraries there, in place. What was compiled is kept under .atom/ahead, by what it was compiled from.
compile_ahead() {
    [[ -n $compiler ]] || return 0
    local folder name kept itself started=$SECONDS log=$state/log/ahead.log
    mkdir -p "$state/ahead" "$state/log"
    find "$state/ahead" -type f -mtime +7 -delete
    : >"$log"
    for folder in "$@"; do
        for name in "${compiled_ahead[@]}"; do
            [[ -f $folder/$name.dll ]] || continue
            kept=$(kept_library "$folder/$name.dll")
            if [[ ! -e $kept ]]; then
                compile_library "$folder/$name.dll" "$kept.new" >>"$log" 2>&1 </dev/null
                mv "$kept.new" "$kept"
                # A folder may be gone over twice: what is compiled becomes itself.
                itself=$(kept_library "$kept")
                [[ -e $itself ]] || ln "$kept" "$itself"
            fi
            touch "$kept"
            cp --remove-destination "$kept" "$folder/$name.dll"
        done
    done
    ((SECONDS - started < 2)) || say "compiling ahead of time: done in $((SECONDS - started)) s"
}

kept_library() { echo "$state/ahead/$(fingerprint "$compiler" "$(sha256sum <"$1")").dll"; }

# compile_library FROM TO: what cannot be compiled stays as it is.
compile_library() {
    local framework shared references=()
    framework=$(newest_framework)
    for shared in "$DOTNET_ROOT"/shared/*/"$framework"; do
        references+=(-r "$shared/*.dll")
    done
    "$compiler" "$1" -o "$2" --targetos linux -O "${references[@]}" -r "${1%/*}/*.dll" || cp "$1" "$2"
}
