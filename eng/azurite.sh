# shellcheck shell=bash
# Azurite, the stand-in for Azure Blob that the tests start, under .atom/azurite.

azurite_version=3.35.0

# Sets ATOMGRAINS_AZURITE to its main file, unless the user has; leaves it unset where node or npm are missing or npm
# does not bring it.
set_up_azurite() {
    [[ -z ${ATOMGRAINS_AZURITE:-} ]] || return 0
    command -v node >/dev/null && command -v npm >/dev/null || return 0
    local folder=$state/azurite main
    main=$folder/node_modules/azurite/dist/src/blob/main.js
    if [[ $(cat "$folder/version" 2>/dev/null) != "$azurite_version" ]]; then
        say "getting Azurite $azurite_version from npm ..."
        rm -rf "$folder"
        mkdir -p "$folder" "$state/log"
        # No lock file: it would record where this machine gets its packages.
        # Bounded: where the registry does not answer, npm would try for a quarter of an hour.
        timeout 120 npm install --fetch-retries=1 --fetch-timeout=30000 --prefix "$folder" --no-package-lock --no-audit --no-fund --ignore-scripts "azurite@$azurite_version" \
            >"$state/log/azurite.log" 2>&1 </dev/null || return 0
        [[ -r $main ]] && echo "$azurite_version" >"$folder/version"
    fi
    export ATOMGRAINS_AZURITE=$main
}
