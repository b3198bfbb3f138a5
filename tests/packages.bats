#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages that make deb and make rpm have made: built again, looked at by
# the distributions' own tools, installed into clean systems, used there on the
# running kernel, and removed; and in such a system the first command of who has
# no more than a clone. Needs root and a mirror; make check-packages.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/root

setup() {
	DEBS=$TCC_BUILD/pkg/deb
	RPMS=$TCC_BUILD/pkg/rpm
	compgen -G "$DEBS/tcc-trace_*.deb" >/dev/null || skip "make deb was not run"
	VERSION=$(sed -n 's/^PACKAGE_VERSION = //p' "$TCC_BUILD/Makefile")
	DEB=$(echo "$DEBS"/tcc-trace_*.deb)
	RPM=$(echo "$RPMS"/RPMS/*/"tcc-trace-$VERSION"-*.rpm)
	cd "$BATS_TEST_TMPDIR" || return
}

say() {
	printf '# %s\n' "$@" >&3
}

# ---- what was built ---------------------------------------------------------

@test "the deb, built in another directory, at another time, is the same bit for bit" {
	mkdir again
	tar -C again -xf "$DEBS/tcc-trace_$VERSION.orig.tar.xz"
	(
		cd again/tcc-trace-"$VERSION" || exit
		umask 077
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS TZ=Pacific/Auckland LC_ALL=C \
			DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -b -us -uc
	) >again.log 2>&1 || {
		tail -n 20 again.log
		return 1
	}
	for package in "$DEBS"/*.deb; do
		echo "$package"
		cmp "$package" "again/${package##*/}"
	done
}

@test "both packages ran the unit tests when they were built" {
	for log in "$DEBS/build.log" "$RPMS/build.log"; do
		grep -E '^# PASS: +[1-9]' "$log"
		grep -E '^# FAIL: +0$' "$log"
		grep -E '^# ERROR: +0$' "$log"
	done
}

# There is no public home of the project yet; without systemd the program is to be
# run by hand; and each release has a policy of its own. All else is a fault.
@test "lintian, pedantic, finds no fault" {
	skip_without lintian
	lintian --no-cfg -I --pedantic --allow-root --tag-display-limit 0 "$DEBS"/*.changes >tags
	cat tags
	run ! grep -vE "no-homepage-field|upstream-metadata-missing-(bug-tracking|repository)|\
package-supports-alternative-init-but-no-init.d-script|out-of-date-standards-version|\
older-debian-watch-file-standard|package-uses-old-debhelper-compat-version|redundant-" tags
}

@test "blhc finds no compiler call without hardening; the program is hardened" {
	skip_without blhc
	run blhc --bindnow "$DEBS/build.log"
	echo "$output"
	[ "$status" -eq 0 ]
	dpkg-deb -x "$DEB" deb
	readelf -hd deb/usr/bin/tcc-trace >elf
	grep -q 'Type: *DYN (Position-Independent Executable' elf
	grep -q 'FLAGS_1.*NOW.*PIE' elf
	grep -q 'NEEDED.*libbpf\.so' elf
}

@test "the deb's maintainer scripts set no capability" {
	dpkg-deb -e "$DEB" control
	run ! grep -rE 'setcap|systemctl (start|enable)' control
}

@test "rpmlint finds no fault" {
	skip_without rpmlint
	run rpmlint -r "$TCC_TESTS/../pkg/rpmlintrc" "$RPMS"/RPMS/*/*.rpm "$RPMS"/SRPMS/*.rpm \
		"$TCC_BUILD/tcc-trace.spec"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" 0 errors, 0 warnings"* ]]
}

@test "the rpm has its debug information in a package of its own" {
	skip_without rpm2cpio
	for package in "$RPMS"/RPMS/*/tcc-trace-debuginfo-*.rpm; do
		rpm2cpio "$package" | cpio -idm --quiet
	done
	readelf -SW usr/lib/debug/usr/bin/tcc-trace*.debug | grep -q debug_info
}

# ---- in clean systems -------------------------------------------------------

# clean_root SUITE: what cannot be had is no fault.
clean_root() {
	skip_unless_root
	skip_without debootstrap wget
	root_has "$1" || skip "the mirror of apt does not answer, or has no $1"
	ROOT=$BATS_TEST_TMPDIR/$1
	root_make "$1" "$ROOT"
	root_apt "$ROOT" update
}

# package_root SUITE: one for what was built here, which an older system cannot use.
package_root() {
	clean_root "$1"
	cp "$DEB" "$TCC_TESTS/../debian/tests/loopback" "$ROOT/root/"
	dpkg --compare-versions "$(libc_of /)" le "$(libc_of "$ROOT")" ||
		skip "the packages were made in a newer Debian, and need its libc"
}

libc_of() {
	# shellcheck disable=SC2016 # dpkg-query expands
	dpkg-query --admindir "$1/var/lib/dpkg" -W -f '${Version}' libc6
}

# What is installed works and does nothing by itself.
works_in_root() {
	run -0 in_root "$ROOT" tcc-trace --version
	[ "${lines[0]}" = "tcc-trace $VERSION" ]
	[ "$(stat -c %a "$ROOT/usr/bin/tcc-trace")" = 755 ]
	python3 -c 'import os, sys; sys.exit("security.capability" in os.listxattr(sys.argv[1]))' \
		"$ROOT/usr/bin/tcc-trace"
	[ -z "$(find "$ROOT/etc/systemd" -name '*tcc-trace*' 2>/dev/null)" ]
	run in_root_alone "$ROOT" perl /root/loopback
	echo "$output"
	[ "$status" -eq 0 ]
}

# deb_works SUITE
deb_works() {
	local before packages added
	skip_without python3
	package_root "$1"
	mkdir -p "$ROOT/var/log/private" # systemd's
	before=$(root_files "$ROOT")
	packages=$(root_packages "$ROOT")
	root_apt "$ROOT" install "/root/${DEB##*/}" >apt.log 2>&1 || {
		cat apt.log
		return 1
	}
	added=$(LC_ALL=C comm -13 <(echo "$packages") <(root_packages "$ROOT"))
	say "$1: $(awk '{ printf "%s%s %d K", (NR == 1 ? "" : ", "), $1, $2; sum += $2 }
		END { printf "; in all %d K", sum }' <<<"$added")"
	# Those left out are there already or come, by one name or another.
	equal "libbpf1 libjansson4 tcc-trace zstd" \
		"$(cut -d ' ' -f 1 <<<"$added" | grep -vE '^(libelf1(t64)?|libseccomp2|zlib1g)$' | paste -sd ' ')"
	works_in_root

	# As the service would have left it.
	mkdir "$ROOT/var/log/private/tcc-trace"
	ln -s private/tcc-trace "$ROOT/var/log/tcc-trace"
	root_apt "$ROOT" purge tcc-trace >>apt.log 2>&1
	root_apt "$ROOT" autoremove --purge >>apt.log 2>&1
	equal "$packages" "$(root_packages "$ROOT")"
	equal "$before" "$(root_files "$ROOT")"
	[ -z "$(find "$ROOT/var/lib/dpkg" -name '*tcc-trace*')" ]
}

@test "the deb in Debian 12: installs little, works, leaves nothing" {
	deb_works bookworm
}

@test "the deb in Debian 13: installs little, works, leaves nothing" {
	deb_works trixie
}

# systemctl_says ENABLED ACTIVE: instead of systemd's, which needs a machine; what it
# is asked to do is in $ROOT/asked.
systemctl_says() {
	mkdir -p "$ROOT/run/systemd/system"
	: >"$ROOT/asked"
	cat >"$ROOT/usr/bin/systemctl" <<-END
		#!/bin/sh
		case " \$* " in
			*" is-enabled "*) echo $1; [ $1 = enabled ] ;;
			*" is-active "*) [ $2 = active ] ;;
			*tcc-trace*) echo "\$*" >>/asked ;;
		esac
	END
	chmod 755 "$ROOT/usr/bin/systemctl"
}

@test "the deb starts and enables nothing; an upgrade restarts what runs, removal ends it" {
	package_root bookworm
	systemctl_says disabled inactive
	root_apt "$ROOT" install "/root/${DEB##*/}" >apt.log 2>&1
	[ -z "$(cat "$ROOT/asked")" ]
	[ -z "$(find "$ROOT/etc/systemd" -name '*tcc-trace*')" ]

	systemctl_says enabled active
	root_apt "$ROOT" install --reinstall "/root/${DEB##*/}" >>apt.log 2>&1
	equal '--quiet --system restart tcc-trace.service' "$(cat "$ROOT/asked")"

	systemctl_says enabled active
	root_apt "$ROOT" remove tcc-trace >>apt.log 2>&1
	equal 'stop tcc-trace.service' "$(cat "$ROOT/asked")"
}

# The libraries are the system's. Of directories only the package's own are to
# go: distributions have a package for those that many share.
@test "the rpm in a root of its own: installs, works, leaves nothing" {
	local before rpm
	skip_without rpm
	package_root bookworm
	root_apt "$ROOT" install --no-install-recommends libbpf1 libjansson4 libseccomp2 >/dev/null 2>&1
	rpm=(rpm --root "$ROOT" --dbpath /var/lib/rpm)
	"${rpm[@]}" --initdb
	systemctl_says enabled active
	before=$(root_files "$ROOT" | grep -v '^d')
	"${rpm[@]}" -i --nodeps "$RPM"
	"${rpm[@]}" -V --nodeps tcc-trace
	say "rpm: $("${rpm[@]}" -q --qf '%{SIZE} bytes\n' tcc-trace)"
	works_in_root
	[ -z "$(cat "$ROOT/asked")" ]
	"${rpm[@]}" -U --force --nodeps "$RPM"
	equal 'try-restart tcc-trace.service' "$(cat "$ROOT/asked")"
	: >"$ROOT/asked"
	"${rpm[@]}" -e tcc-trace
	equal '--no-reload disable --now tcc-trace.service' "$(cat "$ROOT/asked")"
	equal "$before" "$(root_files "$ROOT" | grep -v '^d')"
	[ -z "$(find "$ROOT" -xdev -name '*tcc-trace*' ! -name "${DEB##*/}")" ]
}

# A chroot is no machine of its own, but no more is needed here. The package is
# installed by autopkgtest, out of apt's reach otherwise.
@test "autopkgtest in Debian 12: the package's own tests pass, none is skipped" {
	skip_without autopkgtest
	package_root bookworm
	tar -xf "$DEBS/tcc-trace_$VERSION.orig.tar.xz"
	# A directory that is not in the chroot is of no use there.
	run root_mounted "$ROOT" env -u TMPDIR autopkgtest --ignore-restrictions=isolation-machine \
		--summary-file=summary "$DEB" "tcc-trace-$VERSION/" -- chroot "$ROOT"
	echo "$output"
	[ "$status" -eq 0 ]
	equal "loopback PASS version PASS" "$(awk '{ print $1, $2 }' summary | LC_ALL=C sort | paste -sd ' ')"
}

# ---- from source ------------------------------------------------------------

# README.md's first command, in a clone, where nothing is installed that is not
# in every Debian.
newcomer_traces() {
	local source=$TCC_TESTS/..
	skip_without git
	[ -e "$source/.git" ] || skip "not in a clone"
	clean_root "$1"
	root_clone "$source" "$ROOT/root/tcc-trace"
	run in_root "$ROOT" env DEMO_SECONDS=4 /root/tcc-trace/bootstrap demo
	echo "$output"
	[ "$status" -eq 0 ]
	grep -qE '^tcc-trace: probe: seen [0-9]+ = written [1-9]' <<<"$output"
	grep -qE '^tcc-trace: [1-9][0-9]* connections? in ' <<<"$output"
	[ "$(grep -c ' > 10\.198\.2\.2\.5201 | snd_cwnd ' "$ROOT/root/tcc-trace/build/demo.txt")" -gt 100 ]
}

@test "a newcomer's first command in a bare Debian 12 traces a connection" {
	newcomer_traces bookworm
}

# bats test_tags=long
@test "a newcomer's first command in a bare Debian 13 traces a connection" {
	newcomer_traces trixie
}
