# shellcheck shell=bash
# Programs from Debian's packages that the tests use: unpacked under .atom/, no service, no root.

# fetch_debian NAME PACKAGE...: under .atom/NAME, complete or not there. A fresh machine's package lists may be empty or old.
fetch_debian() {
    local name=$1
    shift
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    say "fetching Debian's $* (once) ..."
    mkdir -p "$state/log"
    (
        rm -rf "$state/$name.new" && mkdir -p "$state/$name.new" && cd "$state/$name.new" &&
            { apt-get download "$@" || { apt-get update && apt-get download "$@"; }; } &&
            for package in *.deb; do dpkg-deb -x "$package" . || exit 1; done && rm -f ./*.deb &&
            rm -rf "${state:?}/$name" && mv -T "$state/$name.new" "$state/$name"
    ) >"$state/log/$name.log" 2>&1 </dev/null
}
