# shellcheck shell=bash
# What the tests of k8s/ need: kubectl to render, packages of npm to check with, buildah to build images. Nothing of it is
# installed; what is fetched lies under .atom/.

# Sets ATOMGRAINS_KUBECTL, ATOMGRAINS_DEPLOYMENT_CHECKS and ATOMGRAINS_BUILDAH, each unless it cannot be had here (then tests
# say so), and ATOMGRAINS_CLUSTER_LEFT_OUT where images of silos cannot be built.
set_up_deployment() {
    export ATOMGRAINS_CLUSTER_LEFT_OUT=$left_out
    find_kubectl
    find_deployment_checks
    find_buildah
}

# Kustomizations are written for 1.27 or later: the kubectl of Debian 12 is older, and is asked whether it can read them.
find_kubectl() {
    local folder=$state/kubectl
    if command -v kubectl >/dev/null && renders "$(command -v kubectl)"; then
        ATOMGRAINS_KUBECTL=$(command -v kubectl)
    elif [[ -x $folder/usr/bin/kubectl ]] || fetch_debian kubectl kubernetes-client; then
        renders "$folder/usr/bin/kubectl" || return 0
        ATOMGRAINS_KUBECTL=$folder/usr/bin/kubectl
    else
        return 0
    fi
    export ATOMGRAINS_KUBECTL
}

renders() { "$1" kustomize "$root/k8s/overlays/cpu" >/dev/null 2>&1 </dev/null; }

find_deployment_checks() {
    fetch_npm deployment "$root/tests/Deployment/npm" || return 0
    export ATOMGRAINS_DEPLOYMENT_CHECKS=$state/deployment/node_modules
}

# Images are built in a root file system of the machine's own files, which takes root.
find_buildah() {
    ((EUID == 0)) || return 0
    local folder=$state/buildah
    if command -v buildah >/dev/null; then
        ATOMGRAINS_BUILDAH=$(command -v buildah)
    elif [[ -x $folder/buildah ]] ||
        { fetch_debian buildah buildah golang-github-containers-common golang-github-containers-image libgpgme11 libassuan0 libsubid4 libdevmapper1.02.1 patchelf && wrap_buildah; }; then
        ATOMGRAINS_BUILDAH=$folder/buildah
    else
        return 0
    fi
    export ATOMGRAINS_BUILDAH
}

# Its libraries lie where it does not look by itself, and it starts itself again with a bare environment; its configuration is
# looked for in the home as well.
wrap_buildah() {
    local libraries
    libraries=$folder/usr/lib/$(uname -m)-linux-gnu:$folder/lib/$(uname -m)-linux-gnu
    "$folder/usr/bin/patchelf" --force-rpath --set-rpath "$libraries" "$folder/usr/bin/buildah" || return 1
    mkdir -p "$folder/home/.config"
    cp -a "$folder/etc/containers" "$folder/home/.config/containers"
    printf '#!/bin/sh\nHOME=%s exec %s "$@"\n' "$folder/home" "$folder/usr/bin/buildah" >"$folder/buildah"
    chmod +x "$folder/buildah"
}
