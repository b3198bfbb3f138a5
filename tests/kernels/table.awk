# SPDX-License-Identifier: GPL-2.0-or-later
# A table in Markdown of the TAP that `run` prints: kernels down, checks across.

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
	if (reason != "") {
		if (!((kernel, reason) in skipped)) reasons[kernel] = reasons[kernel] reason "\n"
		skipped[kernel, reason] = skipped[kernel, reason] (skipped[kernel, reason] ? ", " : "") check
	}
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
		n = split(reasons[kernel], reason_of, "\n")
		for (i = 1; i < n; i++)
			printf "\nSkipped on %s: %s (%s).\n", kernel in release ? release[kernel] : kernel,
				skipped[kernel, reason_of[i]], reason_of[i]
	}
}
