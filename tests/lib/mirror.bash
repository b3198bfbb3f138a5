# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later

# debian_mirror: $DEBIAN_MIRROR, or the first of Debian that this machine's own apt
# configuration has. To be sourced.
debian_mirror() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "$DEBIAN_MIRROR"
		return
	fi
	# shellcheck disable=SC2016 # for apt-get
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
		sed -n 's/^Debian //p' | grep -v -- '-security' | sed 's|/*$||' | head -n 1 | grep .
}
