# shellcheck shell=bash
# A real Prometheus for the test that has one scrape a run. Debian's package, unpacked under .atom/.

# Sets ATOMGRAINS_PROMETHEUS, the folder of prometheus and promtool; leaves it unset where none can be had, and the test
# says so.
find_prometheus() {
    local folder=$state/prometheus
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
        ATOMGRAINS_PROMETHEUS=$(dirname "$(command -v prometheus)")
    elif [[ -x $folder/usr/bin/promtool ]] || fetch_debian prometheus prometheus; then
        ATOMGRAINS_PROMETHEUS=$folder/usr/bin
    else
        say "no Prometheus: the test that has one scrape a run is left out (log: $state/log/prometheus.log)"
        return 0
    fi
    export ATOMGRAINS_PROMETHEUS
}
