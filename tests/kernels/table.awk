# SPDX-License-Identifier: GPL-2.0-or-later
# A table in Markdown of the TAP that `run` prints: kernels down, checks across; beneath
# it the reasons of what was skipped, and of what passed, but did not show all.

# "ok 3 - 6.1: truth", "not ok ...", "ok ... # SKIP reason"
/^(not )?ok / {
	title = $0
	sub(/^(not )?ok [0-9]+ - /, "", title)
	reason = title
	if (!sub(/^.* # SKIP /, "", reason)) reason = ""
	sub(/ # SKIP .*/, "", title)
	split(title, part, ": ")
	kernel = part[1]
	check = part[2]
	if (!(kernel in seen)) { seen[kernel] = 1; kernels[++n_kernels] = kernel }
	if (!(check in has)) { has[check] = 1; checks[++n_checks] = check }
	result[kernel, check] = reason != "" ? "skipped" : /^ok/ ? "passed" : "failed"
	if (reason != "") note("Skipped", reason)
}

# Of the check before: "# partly: REASON"
/^# partly: / {
	result[kernel, check] = "partly"
	note("Partly", substr($0, length("# partly: ") + 1))
}

function note(what, reason) {
	if (!((kernel, what, reason) in noted)) {
		n_notes[kernel]++
		notes[kernel, n_notes[kernel]] = what SUBSEP reason
	}
	noted[kernel, what, reason] = noted[kernel, what, reason] \
		(noted[kernel, what, reason] ? ", " : "") check
}

# "# 6.1: amd64, Linux 6.1.0-50-cloud-amd64, #1 SMP ... Debian 6.1.176-1 (2026-07-02)"
/^# [^ ]+: [a-z0-9]+, Linux / {
	kernel = $2
	sub(/:$/, "", kernel)
	arch[kernel] = $3
	sub(/,$/, "", arch[kernel])
	name = $5
	sub(/,$/, "", name)
	release[kernel] = name
}

END {
	printf "| kernel |"
	for (i = 1; i <= n_checks; i++) printf " %s |", checks[i]
	printf "\n| --- |"
	for (i = 1; i <= n_checks; i++) printf " --- |"
	printf "\n"
	for (k = 1; k <= n_kernels; k++) {
		kernel = kernels[k]
		printf "| %s |", kernel in release ? release[kernel] : kernel
		for (i = 1; i <= n_checks; i++) printf " %s |", result[kernel, checks[i]]
		printf "\n"
	}
	for (k = 1; k <= n_kernels; k++) {
		kernel = kernels[k]
		for (i = 1; i <= n_notes[kernel]; i++) {
			split(notes[kernel, i], part, SUBSEP)
			printf "\n%s on %s: %s (%s).\n", part[1],
				kernel in release ? release[kernel] : kernel,
				noted[kernel, part[1], part[2]], part[2]
		}
	}
}
