# shellcheck shell=bash
# On what the program is asked to compute, which decides the package: read from wherever the program reads it.

# given NAME VARIABLE: an option of the program on the command line, else in the environment; nothing where it is in neither.
given() {
    local place found=
    for ((place = 0; place < ${#arguments[@]}; place++)); do
        case ${arguments[place]} in
            "--$1") found=${arguments[place + 1]:-} ;;
            "--$1="*) found=${arguments[place]#*=} ;;
        esac
    done
    echo "${found:-${!2:-}}"
}

# The order of the program: command line, environment, file, what a resumed run had.
asks_for_cuda() {
    local device file folder
    device=$(given device ATOMGRAINS_DEVICE)
    if [[ -n $device ]]; then
        [[ $device == cuda* ]]
        return
    fi
    file=$(given config ATOMGRAINS_CONFIG)
    if [[ -n $file ]] && device=$(device_of_file "$file") && [[ -n $device ]]; then
        [[ $device == cuda* ]]
        return
    fi
    folder=$(given out ATOMGRAINS_OUT)
    [[ " ${arguments[*]} " == *" --resume "* || ${ATOMGRAINS_RESUME:-} == true ]] &&
        grep -qsE '"device": *\[ *"cuda' "$folder/settings.json"
}

# A line of its own, or one of a mapping in braces; comments are none.
device_of_file() {
    sed -nE "/^ *#/d; s/(^|.*[{, ])[\"']?device[\"']? *: *[\"']?([a-z]+[a-z0-9:,]*).*/\2/p" "$1" 2>/dev/null | tail -n 1
}
