# shellcheck shell=bash
# Settings for our processes only; nothing of the machine is changed.

require_linux() {
    [[ $(uname -s) == Linux ]] ||
        refuse "AtomGrains runs on Linux, this is $(uname -s): use WSL2 with Debian 12 on Windows, a Linux container elsewhere"
    command -v flock >/dev/null || refuse "flock is missing: install the package util-linux"
}

require_sdk() {
    local by_hand="install the .NET 10 SDK (package dotnet-sdk-10.0, or dotnet-install.sh --channel 10.0) and put dotnet on PATH"
    command -v dotnet >/dev/null || refuse "dotnet is missing: $by_hand"
    dotnet --list-sdks | grep -q '^10\.' || refuse "no .NET 10 SDK among those of $(command -v dotnet): $by_hand"
}

dotnet_environment() {
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
    export DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
    export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true
    # The collector sizes its nursery by the processor's cache, which servers share among hundreds of processes: with
    # 260 MB of cache the supervisor grew to 159 MB before its first collection. Hexadecimal bytes: 16 MiB.
    export DOTNET_GCgen0size=${DOTNET_GCgen0size:-0x1000000}
    # Build servers would stay behind when we are done.
    export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

    if [[ -z ${DOTNET_ROOT:-} ]] && command -v dotnet >/dev/null; then
        DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
        export DOTNET_ROOT
    fi
    [[ -n ${HOME:-} && -w ${HOME:-} ]] || use_a_home_of_our_own
}

# Without a writable home, the SDK and NuGet keep their files here. The user's feeds stay in force.
use_a_home_of_our_own() {
    local own=$state/home
    mkdir -p "$own/.nuget/NuGet"
    [[ ! -r ${HOME:-}/.nuget/NuGet/NuGet.Config ]] ||
        ln -sfn "$HOME/.nuget/NuGet/NuGet.Config" "$own/.nuget/NuGet/NuGet.Config"
    export DOTNET_CLI_HOME=$own XDG_DATA_HOME=$own/.local/share NUGET_PACKAGES=${NUGET_PACKAGES:-$own/.nuget/packages}
}

# What the tensor engine's process sees. Values that the user has set are kept, since they are part of the
# bits class: thread count, BLAS and its core type change the last bits of a result on the CPU.
tensor_environment() {
    export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
    [[ $engine == LibTorch ]] || return 0

    export ATOMGRAINS_NATIVE=$native
    if [[ -n $libtorch ]]; then
        export ATOMGRAINS_LIBTORCH=$libtorch
        prepend_library_path "$libtorch/lib"
        return
    fi
    # The default BLAS is 15 times slower, and OpenBLAS's pthread build competes with OpenMP's threads.
    local blas
    for blas in /usr/lib/*/openblas-openmp; do
        [[ ! -e $blas/libblas.so.3 ]] || prepend_library_path "$blas"
    done
}

prepend_library_path() { export LD_LIBRARY_PATH=$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; }
