# shellcheck shell=bash
# How the launcher talks. Its own words go to standard error: standard output belongs to the program.

say() { printf 'atom: %s\n' "$*" >&2; }

# Bad usage or a machine that cannot do it: one line, exit code 2.
refuse() {
    say "$*"
    exit 2
}

# run_step WHAT BY_HAND COMMAND...: says what is about to happen and does it with its output in a log.
# When it fails: the end of the log, the command to run by hand, exit code 1; or 2, if the step says that this
# machine cannot do it.
run_step() {
    local what=$1 by_hand=$2 log started=$SECONDS exit_code=0
    shift 2
    mkdir -p "$state/log"
    log=$state/log/$(tr -c 'A-Za-z0-9\n' '-' <<<"${what%% (*}").log
    say "$what ..."
    (cd "$root" && without_locks "$@") >"$log" 2>&1 </dev/null || exit_code=$?
    if ((exit_code != 0)); then
        tail -n 25 "$log" >&2
        say "failed: $what (log: $log)"
        say "by hand: $by_hand"
        ((exit_code == 2)) && exit 2
        exit 1
    fi
    say "$what: done in $((SECONDS - started)) s"
}

# lock NAME: one launcher at a time sets up or builds; the others wait and find the work done.
lock_descriptors=()
lock() {
    local descriptor
    exec {descriptor}>"$state/$1.lock"
    lock_descriptors+=("$descriptor")
    flock -n "$descriptor" && return
    say "waiting for another ./atom ($1)"
    flock "$descriptor"
}

# Gives back the lock that was taken last.
unlock() {
    local descriptor=${lock_descriptors[-1]}
    exec {descriptor}>&-
    unset 'lock_descriptors[-1]'
}

# A child that outlives us (a compiler server, say) must not keep our locks.
without_locks() (
    for descriptor in "${lock_descriptors[@]}"; do
        exec {descriptor}>&-
    done
    exec "$@"
)

# fingerprint WORD...: one name for a list of words.
fingerprint() { printf '%s\0' "$@" | sha256sum | cut -c 1-16; }

# Names, times and sizes of all files below the given paths, without build outputs. Content is not read:
# this runs on every call, and a file that changed has another time.
file_listing() {
    find "$@" \( -name bin -o -name obj -o -name TestResults \) -prune -o -type f -printf '%P %T@ %s\n' 2>/dev/null | sort
}
