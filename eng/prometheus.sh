# shellcheck shell=bash
# A real Prometheus for the test that has one scrape a run. Debian's package, unpacked under .atom/: no service, no root.

# Sets ATOMGRAINS_PROMETHEUS, the folder of prometheus and promtool; leaves it unset where none can be had, and the test
# says so.
find_prometheus() {
    local folder=$state/prometheus
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
        ATOMGRAINS_PROMETHEUS=$(dirname "$(command -v prometheus)")
    elif [[ -x $folder/usr/bin/promtool ]] || fetch_prometheus "$folder"; then
        ATOMGRAINS_PROMETHEUS=$folder/usr/bin
    else
        say "no Prometheus: the test that has one scrape a run is left out (log: $state/log/prometheus.log)"
        return 0
    fi
    export ATOMGRAINS_PROMETHEUS
}

# fetch_prometheus FOLDER: complete or not there. A fresh machine's package lists may be empty or old.
fetch_prometheus() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    say "fetching Debian's prometheus (20 MB, once) ..."
    mkdir -p "$state/log"
    (
        rm -rf "$1.new" && mkdir -p "$1.new" && cd "$1.new" &&
            { apt-get download prometheus || { apt-get update && apt-get download prometheus; }; } &&
            dpkg-deb -x prometheus_*.deb . && rm -f prometheus_*.deb && rm -rf "$1" && mv -T "$1.new" "$1"
    ) >"$state/log/prometheus.log" 2>&1 </dev/null
}
