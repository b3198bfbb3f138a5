# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the matrix of kernels, booted in qemu. What the checks
# find is in kernels/ of the build directory, results and logs as automake has
# them; KERNELS and CHECKS in the environment choose, see run.

EXTRA_DIST += tests/kernels/fetch.bash tests/kernels/guest.sh tests/kernels/helper.c \
	tests/kernels/judge.py tests/kernels/kernels.list tests/kernels/last.md tests/kernels/run \
	tests/kernels/readme.awk tests/kernels/table.awk

.PHONY: check-kernels kernels-table
check-kernels: tcc-trace-static$(EXEEXT) tests/unit/test_ca_source$(EXEEXT)
	@$(MKDIR_P) kernels
	@rm -f kernels/kernels.trs kernels/last.md
	@$(LOG_DRIVER) --test-name kernels --log-file kernels/kernels.log \
		--trs-file kernels/kernels.trs -- \
		$(BASH) $(srcdir)/tests/kernels/run ./tcc-trace-static$(EXEEXT) kernels \
			tests/unit/test_ca_source$(EXEEXT)
	@test ! -e kernels/last.md || cat kernels/last.md
	@trs=kernels/kernels.trs; $(trs_passed)

# The results of the last run of all kernels and checks, into the tree and the README;
# tests/docs.bats compares the two with each other, the checks and the kernels.
kernels-table:
	@test -e kernels/kernels.md || { echo '$@: first make check-kernels,' \
		'without KERNELS and CHECKS' >&2; exit 1; }
	$(AWK) -v table=kernels/kernels.md -f $(srcdir)/tests/kernels/readme.awk \
		$(srcdir)/README.md >kernels/README.md.tmp
	mv kernels/README.md.tmp $(srcdir)/README.md
	cp kernels/kernels.md $(srcdir)/tests/kernels/last.md

clean-local: clean-kernels
.PHONY: clean-kernels
clean-kernels:
	rm -rf kernels
