# shellcheck shell=bash
# The libtorch of the machine and our native half over it, where the TorchSharp package does not restore.

check_libtorch_folder() {
    [[ -n $libtorch ]] || return 0
    [[ -e $libtorch/lib/libtorch.so || -e $libtorch/lib/libtorch_cpu.so ]] ||
        refuse "--libtorch $libtorch: no lib/libtorch.so there; give the folder that holds lib/ and include/ of a libtorch"
    libtorch=$(cd "$libtorch" && pwd)
}

# What there is of it, with times and sizes: one that was upgraded in place or removed is not what we compiled against.
libtorch_listing() {
    if [[ -n $libtorch ]]; then
        stat -Lc '%n %Y %s' "$libtorch"/lib/libtorch*.so 2>/dev/null || true
    else
        stat -Lc '%n %Y %s' /usr/lib/*/libtorch_cpu.so /usr/lib/libtorch_cpu.so 2>/dev/null || true
    fi
}

set_up_libtorch() {
    local needed=(libtorch-dev libopenblas0-openmp)
    [[ -z $libtorch ]] || needed=()
    command -v g++ >/dev/null || needed+=(g++)
    install_packages "${needed[@]}"
    compile_native_half
}

# Installs those of the packages that are missing. Root or sudo is used here and nowhere else.
install_packages() {
    local package missing=() elevate=() by_hand
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    command -v apt-get >/dev/null ||
        refuse "no apt-get here: install libtorch (development files), OpenBLAS (OpenMP build) and g++, or give --libtorch DIR"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || refuse "root is needed once: as root, run apt-get install ${missing[*]}"
        elevate=(sudo)
        # A password is asked for on the terminal, before the step's output goes to its log.
        sudo -v || refuse "sudo was refused: as root, run apt-get install ${missing[*]}"
    fi
    # The package lists of a fresh machine are empty or old: then update and try once more.
    local install="apt-get install -y --no-install-recommends ${missing[*]}"
    by_hand="${elevate[*]:+sudo }apt-get update && ${elevate[*]:+sudo }$install"
    run_step "installing Debian's ${missing[*]} (as root)" "$by_hand" \
        "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$install || { apt-get update && $install; }"
}

# Sets: native, the path of the compiled library, which build.sh prints as its last line.
compile_native_half() {
    local script=src/AtomGrains.LibTorch/native/build.sh from=${libtorch:-system}
    run_step "compiling the native half against libtorch ($from)" "bash $script $from .atom/native" \
        bash "$script" "$from" "$state/native"
    native=$(tail -n 1 "$state/log/compiling-the-native-half-against-libtorch.log")
    [[ -e $native ]] || refuse "$script did not print the path of a library; by hand: bash $script $from .atom/native"
}
