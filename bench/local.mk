# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: what tracing costs, measured on the running kernel,
# which needs root, see bench/bench.sh; and what a line costs.

# Reading back is measured by itself, without root: it takes 2 GB of $TMPDIR, two minutes,
# and what it is compared with: jq, Miller, and DuckDB as tests/typed.bats has it.

# Built by check (tests/local.mk), so that they go on to compile; tests/bench.bats runs them,
# shortly.
bench_format_SOURCES = bench/format.c
bench_probe_cost_SOURCES = bench/probe_cost.c
bench_probe_cost_LDADD = $(LIBBPF_LIBS)
EXTRA_DIST += bench/bench.sh bench/read.py bench/cost.bpf.c bench/tcp_probe.bt
CLEANFILES += bench/cost.bpf.o

bench/cost.bpf.o: bench/cost.bpf.c $(bpf_sources)
	$(AM_V_BPF)$(MKDIR_P) bench && \
	$(CLANG) $(TCC_BPF_CFLAGS) $(BPF_CFLAGS) -c $(abs_srcdir)/bench/cost.bpf.c -o $@

BENCH = TCC_TRACE='$(abs_builddir)/tcc-trace' TCC_BENCH='$(abs_builddir)/bench' \
	$(BASH) $(srcdir)/bench/bench.sh
bench_needs = tcc-trace$(EXEEXT) bench/probe_cost$(EXEEXT) bench/cost.bpf.o

.PHONY: bench bench-format bench-cost bench-cpu bench-idle bench-start bench-read
bench: bench-format $(bench_needs)
	@$(BENCH) cost cpu idle start
bench-format: bench/format$(EXEEXT)
	@bench/format$(EXEEXT)
bench-cost: $(bench_needs)
	@$(BENCH) cost
bench-cpu: $(bench_needs)
	@$(BENCH) cpu
bench-idle: $(bench_needs)
	@$(BENCH) idle
bench-start: $(bench_needs)
	@$(BENCH) start
bench-read: tcc-trace$(EXEEXT) tests/replay$(EXEEXT)
	@python3 $(srcdir)/bench/read.py tcc-trace$(EXEEXT) tests/replay$(EXEEXT) tests/node
