#!/usr/bin/env bash
# tests/deps.sh GROUP...  -  installs the missing Debian packages of a group.
#
# Groups: build, run, check, demo, views, lint, fuzz, bench, bench-ban, bench-fleet, soak, deb, check-deb, check-readme,
# check-image, arm64, ci. The script first asks dpkg, so a second run changes nothing and needs neither the network nor
# root. "a|b": either package is enough; if both are missing, a is installed. "p:arm64" is package p for arm64.
set -eu

packages_of() {
    case $1 in
    build) echo gcc libc6-dev make 'pkg-config|pkgconf' libcjson-dev libipset-dev ;;
    # iptables for the firewall rules, python3 for filters, logrotate for the configuration in contrib/
    run) echo iptables python3 logrotate ;;
    check) echo libcmocka-dev perl python3 jq curl 'nginx|nginx-light' \
        iproute2 iptables nftables ipset tmux procps util-linux coreutils tzdata \
        apache2-bin haproxy caddy rsyslog rsyslog-relp mosquitto mosquitto-clients netcat-openbsd \
        logrotate systemd openssl openssh-server openssh-client python3-yaml bash zsh ;;
    demo) echo python3 ;;
    # promtool is missing here, because its package would start a server: tests/views downloads promtool
    views) echo chromium fonts-dejavu-core ;;
    lint) echo clang clang-format cppcheck mandoc groff-base ;;
    # dpkg-buildpackage requires build-essential, even if the package does not need all of it
    deb) echo build-essential debhelper dpkg-dev fakeroot libcmocka-dev lintian ;;
    check-deb) echo debootstrap autopkgtest util-linux coreutils perl ;;
    check-readme) echo iproute2 curl procps python3 ;;
    check-image) echo podman crun debootstrap util-linux ;;
    arm64) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static libcjson-dev:arm64 libipset-dev:arm64 libcmocka-dev:arm64 ;;
    fuzz) echo clang ;;
    soak) echo python3 iproute2 iptables ipset ;;
    ci) echo git ;;
    bench) echo jq valgrind python3 zstd ;;
    # fail2ban is missing here, because it would start to guard the machine: the benchmark measures fail2ban only if
    # fail2ban is installed
    bench-fleet) echo strace ;;
    bench-ban) echo python3 wrk curl 'nginx|nginx-light' iproute2 iptables ipset ;;
    *)
        echo "deps: unknown group '$1'; see the head of $0" >&2
        exit 2
        ;;
    esac
}

installed() {
    command -v dpkg-query >/dev/null &&
        dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

[ $# -gt 0 ] || { echo 'usage: tests/deps.sh GROUP...' >&2; exit 2; }

missing=()
for group in "$@"; do
    wanted=$(packages_of "$group") # a separate assignment, so that an unknown group ends the script
    for choice in $wanted; do
        met=
        for package in ${choice//|/ }; do
            if installed "$package"; then met=yes; fi
        done
        [ -n "$met" ] || missing+=("${choice%%|*}")
    done
done

if [ ${#missing[@]} = 0 ]; then
    echo "deps: nothing to install for $*"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "deps: unable to install: no apt-get here. Missing, by their Debian names: ${missing[*]}" >&2
    echo 'deps: if they are installed under other names, add DEPS=true to the make command' >&2
    exit 1
fi
if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo 'deps: unable to install: neither root nor sudo. As root:' >&2
    echo "    apt-get install ${missing[*]}" >&2
    exit 1
fi

# Debian starts a server when its package is installed, and at each boot. The tests start their own servers.
POLICY=/usr/sbin/policy-rc.d
stay_off() {
    [ ! -e $POLICY ] || return 0
    trap 'as_root rm -f $POLICY' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin $POLICY
}
stay_off_at_boot() {
    local package
    command -v systemctl >/dev/null || return 0
    for package in "${missing[@]}"; do
        case $package in
        haproxy | caddy | rsyslog | mosquitto) as_root systemctl --quiet disable "$package" ;;
        openssh-server) as_root systemctl --quiet disable ssh ;;
        esac
    done
}

echo "deps: installing ${missing[*]}"
case " ${missing[*]}" in *:arm64*) as_root dpkg --add-architecture arm64 ;; esac
stay_off
# The progress messages of apt-get are dropped; its errors go to standard error.
as_root apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >/dev/null
as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "${missing[@]}" </dev/null >/dev/null
stay_off_at_boot
echo "deps: installed ${missing[*]}"
