# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Minimal Debian systems in directories, and running commands in them, as root.
# Nothing stays mounted. They are made by debootstrap once, and kept as tarballs in
# $TCC_ROOT_CACHE, or in the build directory: $TCC_BUILD, or where one is. To be sourced.

# shellcheck source=tests/lib/mirror.bash
. "$(dirname "${BASH_SOURCE[0]}")/mirror.bash"

ROOT_CACHE=${TCC_ROOT_CACHE:-${TCC_BUILD:-$PWD}/pkg/roots}

# root_begin NAME: for a script of that name that uses them: root only; and $scratch,
# which does not outlive it.
root_begin() {
	[ "$(id -u)" -eq 0 ] || {
		echo "$1: needs root" >&2
		exit 1
	}
	scratch=$(mktemp -d) || exit
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT TERM HUP
}

# root_clone SOURCE DIR: what is committed there, whoever it belongs to: for git's
# program at the other end only a configuration file of its own says so.
root_clone() {
	local home status=0
	home=$(mktemp -d) || return
	printf '[safe]\n\tdirectory = *\n' >"$home/.gitconfig"
	HOME=$home git clone --quiet --depth=1 "file://$(realpath "$1")" "$2" || status=$?
	rm -rf "$home"
	return "$status"
}

# root_has SUITE: whether the mirror answers, and has it. By what debootstrap
# itself downloads with.
root_has() {
	local mirror
	mirror=$(debian_mirror) &&
		wget --quiet --tries=2 --timeout=30 --spider "$mirror/dists/$1/Release"
}

# root_fetch SUITE: have its tarball. The lists of apt are in it, so that they
# need not come with each unpacking. What is unpacked is thrown away: dpkg need
# not wait for the disk.
root_fetch() {
	local suite=$1 tarball=$ROOT_CACHE/$1.tar dir=$ROOT_CACHE/$1.new
	[ ! -f "$tarball" ] || return 0
	rm -rf "$dir" && mkdir -p "$dir/etc/dpkg/dpkg.cfg.d" || return
	echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/unsafe-io"
	debootstrap --variant=minbase "$suite" "$dir" "$(debian_mirror)" >"$dir.log" 2>&1 || {
		tail -n 20 "$dir.log" >&2
		return 1
	}
	cp /etc/resolv.conf "$dir/etc/"
	root_apt "$dir" update && rm -f "$dir"/var/cache/apt/archives/*.deb &&
		tar -C "$dir" -cf "$tarball.new" . && mv "$tarball.new" "$tarball" || return
	rm -rf "$dir" "$dir.log"
}

# root_make SUITE DIR: unpack a fresh one.
root_make() {
	root_fetch "$1" && mkdir -p "$2" && tar -C "$2" -xpf "$ROOT_CACHE/$1.tar" &&
		cp /etc/resolv.conf "$2/etc/"
}

# root_mounted DIR COMMAND...: run it outside, while /proc, /sys and /dev are there.
root_mounted() {
	# shellcheck disable=SC2016 # sh expands
	unshare --mount --propagation private sh -c '
		mount -t proc proc "$1/proc" && mount --rbind /sys "$1/sys" &&
		mount --rbind /dev "$1/dev" && shift && exec "$@"' sh "$@"
}

# in_root DIR COMMAND...: run it inside.
in_root() {
	root_mounted "$1" chroot "$1" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "${@:2}"
}

# in_root_alone DIR COMMAND...: the same, with a loopback interface of its own
# and no other.
in_root_alone() {
	unshare --net bash -c "$(declare -f root_mounted in_root); ip link set lo up && in_root \"\$@\"" bash "$@"
}

# root_apt DIR ARGUMENT...: apt-get in it. A mirror may lag behind the dates in
# its own files.
root_apt() {
	in_root "$1" apt-get -qq -y -o Dpkg::Use-Pty=0 -o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User=root "${@:2}"
}

# root_packages DIR: the installed packages, sorted.
root_packages() {
	# shellcheck disable=SC2016 # dpkg-query expands
	in_root "$1" dpkg-query -W -f '${Package} ${Installed-Size}\n' | LC_ALL=C sort
}

# root_files DIR: type, mode, owner and name of each file, but for what the
# package managers keep for themselves.
root_files() {
	(cd "$1" && find . -xdev -printf '%y %m %u:%g %p %l\n') |
		grep -vE ' \./var/(lib/(dpkg|apt|rpm)|cache/(apt|debconf|ldconfig)|log/(apt|dpkg\.log|alternatives\.log))(/| |$)' |
		LC_ALL=C sort
}
