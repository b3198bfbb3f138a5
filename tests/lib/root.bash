# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Minimal Debian systems in directories, and running commands in them, as root.
# Nothing stays mounted. They are made by debootstrap once, from the mirror that
# the machine's own apt uses, and kept as tarballs in $ROOT_CACHE. To be sourced.

# The mirror, out of apt's configuration.
root_mirror() {
	# shellcheck disable=SC2016 # apt-get expands
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
		awk '$3 ~ /^(Debian|Ubuntu)$/ && $2 !~ /-/ { print $1; exit }'
}

# root_make SUITE DIR: unpack a fresh one.
root_make() {
	local suite=$1 dir=$2 tarball=$ROOT_CACHE/$1.tar mirror
	if [ ! -f "$tarball" ]; then
		mirror=$(root_mirror)
		[ -n "$mirror" ] || return
		mkdir -p "$ROOT_CACHE" "$dir.new" || return
		debootstrap --variant=minbase "$suite" "$dir.new" "$mirror" >"$dir.log" 2>&1 || {
			tail -n 20 "$dir.log" >&2
			return 1
		}
		rm -f "$dir.new"/var/cache/apt/archives/*.deb
		tar -C "$dir.new" -cf "$tarball.new" . && mv "$tarball.new" "$tarball" || return
		rm -rf "$dir.new"
	fi
	mkdir -p "$dir" && tar -C "$dir" -xpf "$tarball" && cp /etc/resolv.conf "$dir/etc/"
}

# in_root DIR COMMAND...: with /proc, /sys and /dev.
in_root() {
	# shellcheck disable=SC2016 # sh expands
	unshare --mount --propagation private sh -c '
		mount -t proc proc "$1/proc" && mount --rbind /sys "$1/sys" &&
		mount --rbind /dev "$1/dev" && exec chroot "$@"' sh "$1" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "${@:2}"
}

# in_root_alone DIR COMMAND...: the same, with a loopback interface of its own
# and no other.
in_root_alone() {
	unshare --net bash -c "$(declare -f in_root); ip link set lo up && in_root \"\$@\"" bash "$@"
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
