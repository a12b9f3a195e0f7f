#!/usr/bin/env bash
# Starts a program in an image's root file system as Kubernetes would by our manifests: the root is read-only, the user is
# anybody, no privilege can be gained, and only what is mounted can be written. Runs in a mount namespace of its own:
#
#   unshare --mount run-as-pod.sh ROOT UID:GID WORKING_FOLDER [--tmpfs PATH | --bind FROM TO | --bind-read-only FROM TO]... -- [NAME=VALUE]... PROGRAM...
set -euo pipefail

root=$1 user=$2 folder=$3
shift 3

mount --make-rprivate /
mount --bind "$root" "$root"
for system in proc sys dev; do
    mkdir -p "$root/$system"
    mount --rbind "/$system" "$root/$system"
done

# Mount points are made while that is possible; those within another mount, when it is there.
while [[ $1 != -- ]]; do
    case $1 in
        --tmpfs)
            mkdir -p "$root$2"
            mount -t tmpfs -o "mode=0755,uid=${user%:*},gid=${user#*:}" tmpfs "$root$2"
            shift 2
            ;;
        --bind | --bind-read-only)
            mkdir -p "$root$3"
            mount --bind "$2" "$root$3"
            [[ $1 == --bind ]] || mount -o remount,bind,ro "$root$3"
            shift 3
            ;;
        *)
            echo "run-as-pod.sh: $1?" >&2
            exit 2
            ;;
    esac
done
shift
mount -o remount,bind,ro "$root"

exec setpriv --no-new-privs chroot --userspec="$user" --groups="${user#*:}" "$root" /usr/bin/env --ignore-environment --chdir="$folder" "$@"
