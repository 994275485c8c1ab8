# Shared by the scripts beside it; sourced, not run.

say() { printf '%s\n' "$*" >&2; }
die() {
    say "sealgate: error: $1"
    [ -z "${2:-}" ] || say "sealgate: hint: $2"
    exit 1
}

# need_swift: a Swift 6.2 or newer toolchain, found on PATH or in /opt/swift.
need_swift() {
    command -v swift >/dev/null 2>&1 || PATH="$PATH:/opt/swift/usr/bin"
    command -v swift >/dev/null 2>&1 \
        || die "no Swift toolchain found on PATH" \
            "install Swift 6.3 for Debian 12, https://www.swift.org/install/linux/, on PATH"
    local version major minor
    version=$(swift --version 2>/dev/null \
        | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    major=${version%%.*} minor=${version#*.}
    [ "${major:-0}" -gt 6 ] || { [ "${major:-0}" -eq 6 ] && [ "${minor:-0}" -ge 2 ]; } \
        || die "Swift ${version:-of an unknown version} is too old" "install Swift 6.3 or newer"
}

# need_packages NAME...: installs the Debian packages that are missing.
need_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' \
            || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null 2>&1 \
        || die "these packages are missing: ${missing[*]}" \
            "install them with your system's package tool"
    local root=() install=(apt-get install -y --no-install-recommends)
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    say "installing ${missing[*]}"
    install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" "${missing[@]}")
    "${install[@]}" >&2 \
        || { "${root[@]}" apt-get update >&2 && "${install[@]}" >&2; } \
        || die "apt-get could not install ${missing[*]}" "run: apt-get install ${missing[*]}"
}

BUILD_PACKAGES=(libssl-dev libnghttp2-dev libsqlite3-dev pkg-config)

# What a release build is made with, be it to count or by what was counted.
# - It stands alone, and is faster without calls through the runtime's shared libraries.
# - Values are copied and destroyed by code for their types, rather than by calls through tables.
# - A function of one file is named by that file in a profile, without the folders above it.
RELEASE_OPTIONS=(
    --static-swift-stdlib
    -Xswiftc -Xfrontend -Xswiftc -disable-type-layout
    -Xswiftc -Xllvm -Xswiftc -static-func-full-module-prefix=0
)

# find_profile_tool: the toolchain's program that reads and writes profiles, in PROFILE_TOOL.
find_profile_tool() {
    PROFILE_TOOL=$(dirname "$(readlink -f "$(command -v swift)")")/llvm-profdata
    [ -x "$PROFILE_TOOL" ]
}

# use_profile: what makes a release build use the profile of scripts/profile, in PROFILE_OPTIONS;
# nothing where the toolchain can't read it, for the programs do the same without.
# The compiler reads another form than the text that is kept; its file's name tells the build when
# that has changed.
use_profile() {
    local text=$ROOT/Benchmarks/release.proftext data
    PROFILE_OPTIONS=()
    data=$ROOT/.build/profile-$(sha256sum "$text" | cut -c 1-16).profdata
    if [ ! -s "$data" ]; then
        mkdir -p "$ROOT/.build"
        if ! find_profile_tool || ! "$PROFILE_TOOL" merge -o "$data.new" "$text" >&2; then
            say "note: this toolchain can't read Benchmarks/release.proftext, so the programs" \
                "will be some percent slower"
            say "sealgate: hint: scripts/profile writes it anew"
            return 0
        fi
        mv "$data.new" "$data"
        # Those of earlier profiles are of no use any more.
        find "$ROOT/.build" -maxdepth 1 -name 'profile-*.profdata' ! -path "$data" -delete
    fi
    # Hot are the paths of 99.99 % of all counts, not of 99 %: what each request does once counts
    # little beside loops over its bytes. The compiler doesn't see that code it has made before
    # was made by another profile, so it makes all anew.
    PROFILE_OPTIONS=(
        -Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen
        -Xswiftc -Xfrontend -Xswiftc "-ir-profile-use=$data"
        -Xswiftc -Xllvm -Xswiftc -profile-summary-cutoff-hot=999900
    )
}

# build_programs CONFIGURATION: builds both programs unless they are newer than every source.
build_programs() {
    local configuration=$1
    BIN=${SEALGATE_BIN:-$ROOT/.build/$configuration}
    [ -z "${SEALGATE_BIN:-}" ] || return 0
    if [ -x "$BIN/sealgate" ] && [ -x "$BIN/sealgate-store" ] \
        && [ -z "$(find "$ROOT/Sources" "$ROOT/Package.swift" "$ROOT/Benchmarks/release.proftext" \
            -newer "$BIN/sealgate" -print -quit)" ]; then
        return 0
    fi
    need_swift
    need_packages "${BUILD_PACKAGES[@]}"
    say "building ($configuration); the first time takes some minutes"
    local options=(-c "$configuration")
    if [ "$configuration" = release ]; then
        use_profile
        options+=("${RELEASE_OPTIONS[@]}" "${PROFILE_OPTIONS[@]}")
    fi
    (cd "$ROOT" && swift build "${options[@]}" --product sealgate >&2 \
        && swift build "${options[@]}" --product sealgate-store >&2) || die "the build failed"
    # The linker leaves a program untouched when nothing in it changed.
    touch "$BIN/sealgate" "$BIN/sealgate-store"
}
