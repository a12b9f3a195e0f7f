# shellcheck shell=bash
# All tests, summed to one line: N passed, N failed, N skipped.

test_projects=(Core Node Torch Deployment EndToEnd)
total_passed=0 total_failed=0 total_skipped=0 tests_ended=no

check_test_arguments() {
    local argument
    for argument in "$@"; do
        [[ $argument == --long ]] || refuse "./atom test takes --long only, not '$argument'"
    done
}

run_tests() {
    local long=no project started=$SECONDS
    (($# == 0)) || long=yes

    # What is built and tested: the whole solution where the cluster packages restore.
    solution=AtomGrains.Embedded.slnf profile=embedded program=AtomGrains
    [[ -n $left_out ]] || solution=AtomGrains.sln profile="embedded and cluster"
    [[ -n $left_out ]] || test_projects+=(Cluster)

    # Test projects run from their build outputs, and tests that measure want the machine: one run at a time.
    lock test
    print_plan "$long"
    find_prometheus
    set_up_deployment
    find_grafana_types
    build_tests
    set_up_azurite
    check_format
    check_vulnerabilities "$solution"
    for project in "${test_projects[@]}"; do
        run_test_project "$project" "$long"
    done
    report_cluster_profile
    report_azurite

    tests_ended=yes
    say "engine $engine ($engine_reason); took $((SECONDS - started)) s"
    if ((total_passed + total_failed == 0)); then
        say "no test ran"
        exit 1
    fi
    ((total_failed == 0)) || exit 1
}

# The last line, on every way out: a set-up or a build that failed counts as one failure.
print_sum() {
    [[ $tests_ended == yes ]] || total_failed=$((total_failed + 1))
    printf '%d passed, %d failed, %d skipped\n' "$total_passed" "$total_failed" "$total_skipped"
}

print_plan() {
    local project seconds estimate=60
    for project in "${test_projects[@]}"; do
        seconds=$(cat "$state/seconds/$1-$project" 2>/dev/null || default_seconds "$project" "$1")
        estimate=$((estimate + seconds))
    done
    say "plan: build, format, tests of ${test_projects[*]}; profile $profile, engine $engine, $(getconf _NPROCESSORS_ONLN) cores"
    [[ $1 == yes ]] || say "plan: long chaos runs are left out (./atom test --long)"
    say "plan: about $(((estimate + 59) / 60)) minutes"
}

# First guesses for two cores, until a run here has left its own times under .atom/seconds.
default_seconds() {
    case $1-$2 in
        Core-*) echo 50 ;;
        Cluster-no) echo 480 ;;
        Cluster-yes) echo 1500 ;;
        EndToEnd-yes) echo 3600 ;;
        EndToEnd-no) echo 400 ;;
        *) echo 60 ;;
    esac
}

build_tests() {
    build_environment
    tests_key=$(build_key "$root/tests" "$root/grains" "$root/samples" "$root/$solution" "$root/.editorconfig")
    if [[ $(cat "$state/tests.built" 2>/dev/null) != "$tests_key" ]]; then
        find_program_folder
        lock build
        dotnet_build "$solution" "building the $profile profile with its tests"
        compile_all_ahead "$root"/{tests,tests/Programs,samples}/*/bin/Release/net10.0
        [[ -x $program_folder/$program ]] || keep_program
        unlock
        echo "$tests_key" >"$state/tests.built"
    fi
    build_program_once
    export ATOMGRAINS_PROGRAM=$program_folder/AtomGrains
}

# Layout alone, and without loading any project, which took a minute: what analyzers have to say the build has said.
check_format() {
    local by_hand="dotnet format whitespace . --folder --exclude .atom" log=$state/log/format.log
    [[ $(cat "$state/format.checked" 2>/dev/null) != "$tests_key" ]] || return 0
    local started=$SECONDS
    say "checking the format ..."
    if ! (cd "$root" && without_locks dotnet format whitespace . --folder --exclude .atom --verify-no-changes) >"$log" 2>&1 </dev/null; then
        grep -E 'error|warning' "$log" | sort -u | head -n 20 >&2 || true
        say "failed: format; by hand: $by_hand"
        total_failed=$((total_failed + 1))
    else
        echo "$tests_key" >"$state/format.checked"
    fi
    say "format: checked in $((SECONDS - started)) s"
}

# run_test_project NAME LONG: a project whose process dies counts as one failure more, never as none.
run_test_project() {
    local name=$1 long=$2 results=$state/results started=$SECONDS exit_code=0 limit=900 filter=() only=('Category!=Long')
    [[ $long == no ]] || only=() limit=7200
    [[ -n ${ATOMGRAINS_AZURITE:-} ]] || only+=('Needs!=Azurite')
    ((${#only[@]} == 0)) || filter=("--TestCaseFilter:$(IFS='&' && echo "${only[*]}")")
    mkdir -p "$results" "$state/seconds"
    rm -f "$results/$name.trx"
    say "testing $name ..."
    (cd "$root" && without_locks timeout -k 10 "$limit" dotnet vstest "tests/$name/bin/Release/net10.0/AtomGrains.$name.Tests.dll" \
        "${filter[@]}" "--logger:trx;LogFileName=$name.trx" "--ResultsDirectory:$results") \
        >"$results/$name.log" 2>&1 </dev/null || exit_code=$?

    count_results "$results/$name.trx"
    if ((exit_code != 0)); then
        if ((failed == 0)) || grep -q 'Test Run Aborted' "$results/$name.log"; then
            failed=$((failed + 1))
            say "$name: its process ended early (exit code $exit_code; 124 is the limit of $limit s)"
        fi
        grep -vE '^ +at (System|Xunit)\.' "$results/$name.log" | tail -n 200 >&2
        say "by hand: TensorEngine=$engine dotnet test tests/$name -c Release   (log: $results/$name.log)"
    fi
    print_skipped "$results/$name.trx"
    say "$name: $passed passed, $failed failed, $skipped skipped in $((SECONDS - started)) s"
    ((passed + failed + skipped > 0)) || say "$name: no tests in it"
    echo $((SECONDS - started)) >"$state/seconds/$long-$name"
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed)) total_skipped=$((total_skipped + skipped))
}

# count_results TRX: sets passed, failed, skipped from the outcome of each test.
count_results() {
    passed=0 failed=0 skipped=0
    [[ -r $1 ]] || return 0
    local all
    all=$(count_outcomes "$1" '[A-Za-z]*')
    passed=$(count_outcomes "$1" Passed)
    skipped=$(count_outcomes "$1" NotExecuted)
    failed=$((all - passed - skipped))
}

count_outcomes() { { grep -oE "<UnitTestResult [^>]* outcome=\"$2\"" "$1" || true; } | wc -l; }

# Names each skipped test with its reason.
print_skipped() {
    [[ -r $1 ]] || return 0
    awk '/<UnitTestResult /{name=""; if ($0 ~ /outcome="NotExecuted"/) {match($0, /testName="[^"]*"/); name=substr($0, RSTART+10, RLENGTH-11)}}
         name != "" && match($0, /<(Message|StdOut)>[^<]*/) {reason=substr($0, RSTART, RLENGTH); sub(/<[^>]*>/, "", reason);
             print "atom: skipped " name ": " reason; name=""}' "$1" |
        sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g' >&2
}

report_cluster_profile() {
    [[ -n $left_out ]] || return 0
    say "skipped: the cluster profile was not built and not tested: $left_out"
    total_skipped=$((total_skipped + 1))
}

report_azurite() {
    [[ -z ${ATOMGRAINS_AZURITE:-} ]] || return 0
    say "skipped: the Azure store was not tested: npm did not bring Azurite (log: $state/log/azurite.log)"
    total_skipped=$((total_skipped + 1))
}
