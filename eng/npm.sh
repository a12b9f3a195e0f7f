# shellcheck shell=bash
# Packages of npm that tests use, under .atom/: exactly those of a lock file, none of their scripts.

# fetch_npm NAME FOLDER: FOLDER has package.json, package-lock.json and .npmrc; the packages are in .atom/NAME/node_modules,
# complete or the answer is no. Also where node or npm are missing.
fetch_npm() {
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    local folder=$state/$1 from=$2 key
    key=$(cat "$from"/package*.json "$from/.npmrc" | sha256sum | cut -c 1-16)
    [[ $(cat "$folder/key" 2>/dev/null) != "$key" ]] || return 0
    say "getting packages from npm ($1) ..."
    rm -rf "$folder" && mkdir -p "$folder" "$state/log"
    cp "$from"/package*.json "$from/.npmrc" "$folder"
    # Bounded: where the registry does not answer, npm would try for a quarter of an hour.
    (cd "$folder" && timeout 120 npm ci --fetch-retries=1 --fetch-timeout=30000 --no-audit --no-fund --ignore-scripts) \
        >"$state/log/$1.log" 2>&1 </dev/null || return 1
    echo "$key" >"$folder/key"
}

# Sets ATOMGRAINS_GRAFANA_TYPES, the folder of Grafana's own types and of TypeScript; leaves it unset where npm does not
# bring them, and the test says so.
find_grafana_types() {
    fetch_npm grafana "$root/tests/EndToEnd/Monitoring/npm" || return 0
    export ATOMGRAINS_GRAFANA_TYPES=$state/grafana/node_modules
}
