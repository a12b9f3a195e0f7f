#!/usr/bin/env bash
# Makes images that stand in for those of .NET, of this machine's own files: Debian's packages as dpkg lists them, and the
# SDK that dotnet on PATH belongs to. No registry is asked.
#
#   local-bases.sh SDK_IMAGE ASPNET_IMAGE RUNTIME_IMAGE -- BUILDAH...      an empty SDK_IMAGE leaves that one out
set -euo pipefail

sdk=$1 aspnet=$2 runtime=$3
shift 4
buildah=("$@")

# What Microsoft's images have of their distribution, and what the Dockerfiles call.
packages=(base-files base-passwd bash ca-certificates coreutils dash findutils grep libc-bin libgcc-s1 libssl3 libstdc++6 passwd sed tar tzdata zlib1g)
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")

# The packages and all that they need.
closure() {
    local -A seen=()
    local waiting=("$@") package needed
    while ((${#waiting[@]} > 0)); do
        package=${waiting[0]} waiting=("${waiting[@]:1}")
        [[ -z ${seen[$package]:-} ]] || continue
        seen[$package]=yes
        needed=$(dpkg-query -W -f='${Pre-Depends}, ${Depends}' "$package" 2>/dev/null) || continue
        mapfile -t -O "${#waiting[@]}" waiting < <(tr ',|' '\n\n' <<<"$needed" | sed 's/(.*//; s/:any//; s/ //g; /^$/d')
    done
    for package in "${!seen[@]}"; do
        ! dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || echo "$package"
    done
}

# Names of packages from before /bin and /lib were links into /usr lead through the links.
files() {
    closure "${packages[@]}" | xargs dpkg -L | grep -E '^/' | grep -vE '^/(\.|dev|proc|sys)?$|^/usr/share/(doc|info|locale|man)' |
        sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' | while read -r file; do [[ ! -e $file && ! -L $file ]] || echo "$file"; done
    find /etc/ssl/certs
    find "$dotnet" \( -path "$dotnet/sdk" -o -path "$dotnet/packs" -o -path "$dotnet/sdk-manifests" -o -path "$dotnet/templates" \) -prune -o -print
}

# copy_to FOLDER: names on standard input. Folders that others write into meanwhile, as /tmp, make tar end with 1, which says
# no more than that a time of change is not exact.
copy_to() { sort -u | sed 's#^/##' | { tar -C / --no-recursion -cf - -T - || (($? == 1)); } | tar -C "$1" -xf -; }

container=$("${buildah[@]}" from scratch)
folder=$("${buildah[@]}" mount "$container")
files | copy_to "$folder"
cp "$folder/usr/share/base-passwd/passwd.master" "$folder/etc/passwd"
cp "$folder/usr/share/base-passwd/group.master" "$folder/etc/group"
ln -sfn "$dotnet/dotnet" "$folder/usr/bin/dotnet"
mkdir -p "$folder/proc" "$folder/sys" "$folder/dev"
"${buildah[@]}" config --env DOTNET_ROOT="$dotnet" --env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$container"
"${buildah[@]}" commit --quiet "$container" "$runtime" >/dev/null
"${buildah[@]}" tag "$runtime" "$aspnet"

if [[ -n $sdk ]]; then
    find "$dotnet" | copy_to "$folder"
    "${buildah[@]}" config --env DOTNET_CLI_TELEMETRY_OPTOUT=1 --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$container"
    "${buildah[@]}" commit --quiet "$container" "$sdk" >/dev/null
fi
"${buildah[@]}" rm "$container" >/dev/null
