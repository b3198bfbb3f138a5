# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later

# debian_mirror: $DEBIAN_MIRROR, or the first of Debian that this machine's own apt
# configuration has; else it says that there is none, and fails. To be sourced.
debian_mirror() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "$DEBIAN_MIRROR"
		return
	fi
	# shellcheck disable=SC2016 # for apt-get
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
		sed -n 's|/* Debian$||p' | grep -v -- '-security' | head -n 1 | grep . || {
		echo "apt knows no Debian mirror; DEBIAN_MIRROR may name one" >&2
		return 1
	}
}
