# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packages of any Debian suite and architecture, unpacked, without touching what
# apt knows of this machine. Knows nothing of what they are for. To be sourced.
#
# All is kept in $FETCH_DIR: state/ is apt's, deb/ the packages, each checked by
# the hash that apt has of it before it is unpacked.

# shellcheck source=tests/lib/mirror.bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib/mirror.bash"

# fetch_suite SUITE ARCH: what apt needs to work on it goes into FETCH_APT.
# Lists younger than an hour are good enough; without a mirror, any are.
fetch_suite() {
	local suite=$1 arch=$2 mirror state=$FETCH_DIR/state/$1-$2
	mirror=$(debian_mirror) || return
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$FETCH_DIR/deb"
	: >"$state/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" \
		>"$state/sources.list"
	FETCH_APT=(-qq -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null
		-o "Dir::State=$state" -o "Dir::State::status=$state/status"
		-o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache"
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o Acquire::Languages=none
		-o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=20)
	if [ -n "$(find "$state/updated" -mmin -60 2>/dev/null)" ]; then
		return 0
	elif apt-get "${FETCH_APT[@]}" update >&2; then
		touch "$state/updated"
	elif [ -e "$state/updated" ]; then
		echo "$suite $arch: going on with the lists there are" >&2
	else
		return 1
	fi
}

# fetch_plan PATTERN PACKAGE...: "URI FILE SIZE HASH" of each package that
# installing these on an empty system would bring and whose file name matches.
fetch_plan() {
	local pattern=$1
	shift
	apt-get "${FETCH_APT[@]}" --no-install-recommends -y --print-uris install "$@" |
		tr -d "'" | awk -v pattern="$pattern" '$2 ~ pattern && NF == 4'
}

# Whether FILE is there with the hash "KIND:HEX" that apt has of it.
fetch_is_whole() {
	local sum
	[ -f "$1" ] || return 1
	case $2 in
		SHA512:*) sum=$(sha512sum "$1") ;;
		SHA256:*) sum=$(sha256sum "$1") ;;
		MD5Sum:*) sum=$(md5sum "$1") ;;
		*) return 1 ;;
	esac
	[ "${sum%% *}" = "${2#*:}" ]
}

# One package: apt-get download checks it too. FILE is as apt-get names it.
fetch_one() {
	local file=$1 hash=$2 name rest
	fetch_is_whole "$FETCH_DIR/deb/$file" "$hash" && return
	name=${file%%_*} rest=${file#*_}
	rest=${rest%_*}
	(cd "$FETCH_DIR/deb" && apt-get "${FETCH_APT[@]}" download "$name=${rest//%3a/:}") >&2 &&
		fetch_is_whole "$FETCH_DIR/deb/$file" "$hash" && return
	echo "cannot get $file" >&2
	return 1
}

# fetch_unpack ROOT PATTERN PACKAGE...: of the suite that FETCH_APT is for, into
# the directory ROOT; once for each set of versions.
fetch_unpack() {
	local root=$1 plan uri file size hash
	shift
	if ! plan=$(fetch_plan "$@") || [ -z "$plan" ]; then
		echo "no such packages: ${*:2}" >&2
		return 1
	fi
	[ "$(cat "$root.plan" 2>/dev/null)" != "$plan" ] || return 0
	rm -rf "$root" "$root.plan"
	mkdir -p "$root"
	# shellcheck disable=SC2034 # uri and size take their columns
	while read -r uri file size hash; do
		fetch_one "$file" "$hash" || return
		dpkg-deb -x "$FETCH_DIR/deb/$file" "$root" || return
	done <<<"$plan"
	echo "$plan" >"$root.plan"
}
