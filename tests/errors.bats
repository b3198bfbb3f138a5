#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong is said in one line that starts "tcc-trace: ", and with the
# status that was promised.

bats_require_minimum_version 1.5.0

# Run a command: its status, and its one line of output.
# expect STATUS PATTERN COMMAND...
expect() {
	local wanted=$1 pattern=$2
	shift 2
	run "$@"
	printf '%s\n' "status: $status" "output: $output" "wanted: $wanted $pattern"
	[ "$status" -eq "$wanted" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output =~ ^tcc-trace:\ $pattern ]]
}

root_only() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# In a mount namespace of its own, with another /sys/kernel/btf/vmlinux.
with_btf() {
	unshare --mount bash -c 'mount -t tmpfs none /sys/kernel/btf && { [ -z "$1" ] ||
		cp "$1" /sys/kernel/btf/vmlinux; } && shift && exec "$@"' bash "$@"
}

@test "without privilege: names the two capabilities" {
	root_only
	expect 1 'not permitted to trace: run as root, or with the capabilities CAP_BPF and CAP_PERFMON, in the initial user namespace$' \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$TCC_TRACE"
}

@test "with one capability of the two: the same" {
	root_only
	expect 1 'not permitted to trace: .*CAP_BPF and CAP_PERFMON, in the initial user namespace$' \
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+bpf \
		--ambient-caps=-all,+bpf "$TCC_TRACE"
}

@test "root of a user namespace only: the same" {
	root_only
	unshare --user --map-root-user true || skip "user namespaces cannot be made, as in a chroot"
	expect 1 'not permitted to trace: .*CAP_BPF and CAP_PERFMON, in the initial user namespace$' \
		unshare --user --map-root-user "$TCC_TRACE"
}

@test "no BTF: says what the kernel lacks" {
	root_only
	expect 1 'this kernel has no BTF .*CONFIG_DEBUG_INFO_BTF=y$' with_btf '' "$TCC_TRACE"
}

@test "BTF that is none: says so" {
	root_only
	head -c 4096 /dev/zero >"$BATS_TEST_TMPDIR/zeros"
	expect 1 '.*BTF' with_btf "$BATS_TEST_TMPDIR/zeros" "$TCC_TRACE"
}

@test "no tracepoint tcp_probe: says so" {
	root_only
	sed 's/btf_trace_tcp_probe/btf_trace_tcp_prone/' /sys/kernel/btf/vmlinux \
		>"$BATS_TEST_TMPDIR/btf"
	expect 1 'this kernel has no tracepoint tcp:tcp_probe' \
		with_btf "$BATS_TEST_TMPDIR/btf" "$TCC_TRACE"
}

# bats test_tags=plain
@test "no /proc: says that it is this" {
	root_only
	expect 1 'cannot read /proc/self/fdinfo, .*: No such file or directory; mount /proc$' \
		unshare --mount sh -c 'mount -t tmpfs none /proc; exec "$@"' - "$TCC_TRACE"
}

@test "few descriptors: says that it is these, however few" {
	local n
	root_only
	for n in 12 16 18 20 21 22 24 26 28; do
		run bash -c 'ulimit -n "$1"; exec "$2" --quiet --duration=0.1 --port=1' - "$n" "$TCC_TRACE"
		echo "$n, status $status: $output"
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "tcc-trace: too few file descriptors to load the BPF program: of $n (ulimit -n) "* ||
			$output == *': Too many open files' ]]
	done
}

@test "too old a kernel: names it and the oldest that will do" {
	root_only
	expect 1 'Linux 2\.6\..* is too old: on .* tcc-trace needs 5\.[0-9]+ or later$' \
		setarch --uname-2.6 "$TCC_TRACE"
}

@test "the oldest kernel that will do is 5.10" {
	root_only
	expect 1 'Linux 5\.9\.16 is too old: .* needs 5\.10 or later$' \
		on_kernel 5.9.16 "$TCC_TRACE" --duration 0.1
	run -0 on_kernel 5.10.0-1-test "$TCC_TRACE" --duration 0.1
}

@test "the limit of locked memory of old kernels: shrinks, then says what to do" {
	root_only
	export TCC_REFUSE_EPERM=1 TCC_REFUSE_BYTES=$((300 << 10))
	run -0 on_kernel 5.10.0 "$TCC_TRACE" --duration 0.1
	[[ ${lines[0]} =~ warning:.*trying ]]
	export TCC_REFUSE_BYTES=1000
	run -1 on_kernel 5.10.0 "$TCC_TRACE" --duration 0.1
	[[ ${lines[-1]} =~ raise\ the\ limit\ of\ locked\ memory.*CAP_SYS_RESOURCE$ ]]
}

@test "a given --buffer that the kernel refuses: says how much, and does not shrink it" {
	root_only
	expect 1 'the kernel refused [0-9]+ KiB of buffer for each of [0-9]+ CPUs: .*; try a smaller --buffer$' \
		"$TCC_TRACE" --buffer 64G
}

on_kernel() {
	ASAN_OPTIONS=verify_asan_link_order=0 TCC_RELEASE=$1 \
		LD_PRELOAD=$TCC_BUILD/tests/other_kernel.so "${@:2}"
}

# The shim refuses arrays over a size, as a kernel short of memory does.
refuse_maps_over() {
	ASAN_OPTIONS=verify_asan_link_order=0 TCC_REFUSE_BYTES=$1 \
		LD_PRELOAD=$TCC_BUILD/tests/other_kernel.so "${@:2}"
}

@test "the default buffer shrinks where the kernel refuses it, with a warning, and works" {
	root_only
	run refuse_maps_over $((300 << 10)) "$TCC_TRACE" --duration 0.1
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^tcc-trace:\ warning:\ the\ kernel\ refused\ [0-9]+\ KiB.*trying\ [0-9]+\ KiB$ ]]
	[[ $output =~ attached\ in ]]
}

@test "where not even the least buffer is to be had, it gives up and says how much was asked" {
	root_only
	run refuse_maps_over 1000 "$TCC_TRACE" --duration 0.1
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} =~ ^tcc-trace:\ the\ kernel\ refused\ 64\ KiB.*Cannot\ allocate\ memory$ ]]
}

@test "a full device: status 1 and why" {
	for option in --version --help --fields=help; do
		expect 1 'cannot write to standard output: No space left on device$' \
			bash -c "'$TCC_TRACE' $option >/dev/full"
	done
}

@test "a closed stdout: status 1 and why" {
	expect 1 'cannot write to standard output: Bad file descriptor$' \
		bash -c "'$TCC_TRACE' >&-"
	expect 1 'cannot write to standard output: Bad file descriptor$' \
		bash -c "'$TCC_TRACE' --version >&-"
}

@test "a descriptor that is closed, and cannot be filled: status 1 and why" {
	root_only
	expect 1 'cannot open /dev/null: No such file or directory$' \
		unshare --mount sh -c 'mount -t tmpfs none /dev; exec "$1" --version <&-' - \
		"$TCC_TRACE"
}

@test "a closed stdout does not matter to a log file" {
	root_only
	run -0 bash -c "'$TCC_TRACE' --duration 0.1 --port 1 --log-file '$BATS_TEST_TMPDIR/x.csv' >&-"
	[ -s "$BATS_TEST_TMPDIR/x.csv" ]
}

@test "a trace that cannot start touches no file" {
	root_only
	chmod 0777 "$BATS_TEST_TMPDIR"
	printf torn >"$BATS_TEST_TMPDIR/torn.txt"
	chmod 0666 "$BATS_TEST_TMPDIR/torn.txt"
	expect 1 'not permitted' setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TCC_TRACE" --log-file "$BATS_TEST_TMPDIR/torn.txt"
	[ "$(cat "$BATS_TEST_TMPDIR/torn.txt")" = torn ]
	expect 1 'not permitted' setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TCC_TRACE" --log-file "$BATS_TEST_TMPDIR/new.txt"
	[ ! -e "$BATS_TEST_TMPDIR/new.txt" ]
}

@test "the file size limit: status 1 and why" {
	root_only
	run -1 bash -c "ulimit -f 0; '$TCC_TRACE' --duration 0.2 --log-file '$BATS_TEST_TMPDIR/x.json'"
	echo "$output"
	[ "$(grep -c "^tcc-trace: cannot write to .*/x.json: the limit of a file's size is reached (ulimit -f)\$" <<<"$output")" -eq 1 ]
}

# warned WORDS OPTION...: that, once, and the trace goes on.
warned() {
	run -0 "$TCC_TRACE" --quiet --duration=0.1 "${@:2}"
	echo "$output"
	[ "${#lines[@]}" -eq 1 ]
	[ "$output" = "tcc-trace: warning: $1" ]
}

@test "what can hardly be meant is said: filters that nothing passes, an unknown algorithm" {
	root_only
	warned 'no connection can pass the filters on ports: port 443, not port 443' \
		--port=443 --port='!443'
	warned 'no connection can pass the filters on addresses: ip ::1, IPv4 only' -4 --ip=::1
	run -0 "$TCC_TRACE" --quiet --duration=0.1 --cc=renno
	[[ $output =~ ^tcc-trace:\ warning:\ --cc:\ \'renno\':\ this\ kernel\ has\ no\ such\ algorithm\ loaded,\ but\ .*reno.*\;\ did\ you\ mean\ \'reno\'\?$ ]]
	# A port that no other test's traffic has: a trace sees all of the machine.
	run -0 "$TCC_TRACE" --quiet --duration=0.1 --cc=reno --port=7 --port='!22'
	[ -z "$output" ]
}

@test "usage: status 2, the option, the value, what is allowed" {
	expect 2 '--port: .99999.: expected ' "$TCC_TRACE" --port 99999
	expect 2 '--ip: .10\.0\.0\.0/33.: expected ' "$TCC_TRACE" --ip 10.0.0.0/33
	expect 2 '--duration: .5x.: expected ' "$TCC_TRACE" --duration 5x
	expect 2 '--count: .0.: expected ' "$TCC_TRACE" --count 0
	expect 2 '--buffer: .1K.: expected ' "$TCC_TRACE" --buffer 1K
	expect 2 '--fields: .nonsense.: no such field; --fields=help lists them$' "$TCC_TRACE" --fields=nonsense
	expect 2 "--fields: 'cwnd': no such field; .*; did you mean 'snd_cwnd'" "$TCC_TRACE" --fields=cwnd
	expect 2 '--fields: .snd_cwnd.: named twice$' "$TCC_TRACE" --fields=snd_cwnd,snd_cwnd
	expect 2 '--fields: .*fixed columns' "$TCC_TRACE" --format=tcpprobe --fields=mark
	expect 2 '.*--nonsense' "$TCC_TRACE" --nonsense
	expect 2 '.*--nonsense' "$TCC_TRACE" --nonsense true
}
