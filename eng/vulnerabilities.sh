# shellcheck shell=bash
# Known vulnerabilities of the packages in use, as far as their registries tell. Each question is bounded, and no answer is
# no failure: it is counted as skipped, with the reason.

# One is known of it since 2022. A feed without a word on it has none on others either, and its silence says nothing.
known_vulnerable=Newtonsoft.Json known_vulnerable_version=12.0.1

# check_vulnerabilities SOLUTION: adds to total_failed and total_skipped. The solution has been restored.
check_vulnerabilities() {
    local started=$SECONDS
    mkdir -p "$state/log"
    check_nuget_packages "$1"
    check_npm_packages "of tests/Deployment/npm" "$root/tests/Deployment/npm"
    check_npm_packages "of tests/EndToEnd/Monitoring/npm" "$root/tests/EndToEnd/Monitoring/npm"
    say "known vulnerabilities: asked for in $((SECONDS - started)) s"
}

check_nuget_packages() {
    local found
    if ! found=$(feed_knows_vulnerabilities && vulnerable_packages "$root/$1"); then
        skip_vulnerabilities "of NuGet" "the package feed says nothing of $known_vulnerable $known_vulnerable_version, or did not answer (logs: $state/probe/vulnerable.log, $state/log/vulnerable.log)"
    else
        count_vulnerabilities "of NuGet" "$found"
    fi
}

# check_npm_packages WHICH FOLDER: those of its lock file.
check_npm_packages() {
    local found log=$state/log/npm-audit.log
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        skip_vulnerabilities "$1" "there is no npm"
    elif ! found=$(cd "$2" && { timeout 20 npm audit --json --package-lock-only --fetch-retries=0 --fetch-timeout=10000 2>"$log" </dev/null || true; } | node -e '
        const report = JSON.parse(require("fs").readFileSync(0, "utf8"));
        if (!report.auditReportVersion) throw report.message;
        for (const found of Object.values(report.vulnerabilities)) console.log(`${found.name} ${found.range}: ${found.severity}`);' 2>>"$log"); then
        skip_vulnerabilities "$1" "the npm registry did not say (log: $log)"
    else
        count_vulnerabilities "$1" "$found"
    fi
}

# count_vulnerabilities WHICH LINES: one failure, however many there are; each is named.
count_vulnerabilities() {
    [[ -n $2 ]] || return 0
    total_failed=$((total_failed + 1))
    while IFS= read -r line; do
        say "failed: a known vulnerability in a package $1: $line"
    done <<<"$2"
}

skip_vulnerabilities() {
    say "skipped: known vulnerabilities in packages $1: $2"
    total_skipped=$((total_skipped + 1))
}

feed_knows_vulnerabilities() {
    local folder=$state/probe/vulnerable
    # Never built, and restored once.
    [[ -e $folder/obj/project.assets.json ]] || { probe 30 vulnerable "$known_vulnerable=$known_vulnerable_version" && [[ -z $missing ]]; } || return 1
    vulnerable_packages "$folder/probe.csproj" | grep -qF "$known_vulnerable"
}

# vulnerable_packages PROJECT: a line each, of all that it needs: name, versions, severity, advisory.
vulnerable_packages() {
    local said
    said=$(without_locks timeout 60 dotnet list "$1" package --vulnerable --include-transitive --no-restore 2>>"$state/log/vulnerable.log" </dev/null) || return 1
    sed -n 's/^ *> *//p' <<<"$said" | tr -s ' ' | sort -u
}
