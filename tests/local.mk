# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the tests.

# In C, without a kernel: each links the library and prints TAP.
unit_tests = \
	tests/unit/test_append \
	tests/unit/test_ca_layout \
	tests/unit/test_ca_source \
	tests/unit/test_ca_units \
	tests/unit/test_calls \
	tests/unit/test_clock \
	tests/unit/test_conn \
	tests/unit/test_derive \
	tests/unit/test_emit \
	tests/unit/test_ending \
	tests/unit/test_feed \
	tests/unit/test_fields \
	tests/unit/test_filter \
	tests/unit/test_format \
	tests/unit/test_limit \
	tests/unit/test_log \
	tests/unit/test_lines \
	tests/unit/test_logfile \
	tests/unit/test_options \
	tests/unit/test_own \
	tests/unit/test_parse \
	tests/unit/test_pipeline \
	tests/unit/test_privilege \
	tests/unit/test_programs \
	tests/unit/test_properties \
	tests/unit/test_rare \
	tests/unit/test_read_set \
	tests/unit/test_record \
	tests/unit/test_ring \
	tests/unit/test_rotate \
	tests/unit/test_services \
	tests/unit/test_session \
	tests/unit/test_sink \
	tests/unit/test_ssh \
	tests/unit/test_traps \
	tests/unit/test_when
# Its own calls come before the C library's.
tests_unit_test_traps_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=openat,--wrap=fstatat,--wrap=renameat \
	-Wl,--wrap=renameat2,--wrap=unlinkat,--wrap=readlinkat
# It looks at what is counted amidst a write.
tests_unit_test_lines_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write
tests_unit_test_properties_SOURCES = tests/unit/test_properties.c \
	tests/property.c tests/property.h tests/readback.c tests/readback.h

check_PROGRAMS += $(unit_tests) tests/replay tests/jsonl_check

check_DATA =

# What only the tests of bats_plain and bats_alone need: in the build with sanitizers no
# test of `make check` does.
plain_programs = bench/probe_cost bench/format
plain_data = bench/cost.bpf.o
EXTRA_PROGRAMS += $(plain_programs)
if !SANITIZERS
check_PROGRAMS += $(plain_programs)
check_DATA += $(plain_data)
endif

LDADD = libtcc.a $(LIBBPF_LIBS) $(JANSSON_LIBS) $(LIBSECCOMP_LIBS) -lpthread

# A congestion control algorithm that is a BPF program, and what registers it.
check_PROGRAMS += tests/toy_cc
tests_toy_cc_LDADD = $(LIBBPF_LIBS)
check_DATA += tests/toy_cc.bpf.o
EXTRA_DIST += tests/toy_cc.bpf.c
CLEANFILES += tests/toy_cc.bpf.o
tests/toy_cc.bpf.o: tests/toy_cc.bpf.c
	$(AM_V_BPF)$(MKDIR_P) $(@D) && $(CLANG) $(TCC_BPF_CFLAGS) $(BPF_CFLAGS) \
		-c $(srcdir)/tests/toy_cc.bpf.c -o $@

# With bats, on the running kernel where they need one. The longest first: several run
# side by side, in namespaces and on ports of their own.
bats_tests = \
	tests/rotate.bats \
	tests/faults.bats \
	tests/command.bats \
	tests/ends.bats \
	tests/words.bats \
	tests/events.bats \
	tests/attacks.bats \
	tests/trace.bats \
	tests/output.bats \
	tests/properties.bats \
	tests/filters.bats \
	tests/service.bats \
	tests/tee.bats \
	tests/golden.bats \
	tests/privilege.bats \
	tests/errors.bats \
	tests/read.bats \
	tests/since.bats \
	tests/follow.bats

# What the build with sanitizers does not run again, nor what has the tag plain in the
# files above: it runs none of our C code in that build (bootstrap, docs, fuzz, whose
# targets have sanitizers in any build, layers, lint), or what others make of output that
# golden.bats looks at (readers, typed), or what the kernel's side alone does (thin), or
# compares it with what read.bats goes through (readfilter), or
# the kernel's own cuts of what golden.bats and test_derive go through (reduction), or it
# runs again what others do, by the words of the manuals (examples), or it measures (bench).
bats_plain = \
	tests/reduction.bats \
	tests/examples.bats \
	tests/readfilter.bats \
	tests/thin.bats \
	tests/bench.bats \
	tests/readers.bats \
	tests/typed.bats \
	tests/fuzz.bats \
	tests/lint.bats \
	tests/docs.bats \
	tests/bootstrap.bats \
	tests/layers.bats

# What runs alone, one after the other, behind all others, and in the plain build:
# measure.bats, whose times, memory and rates other work would change, and which counts
# the kernel's pieces of memory; order.bats, in which the reader has a CPU to itself;
# truth.bats and odd.bats, which record every segment of the machine; why.bats, whose
# paths are slow where others take the CPUs.
bats_alone = \
	tests/measure.bats \
	tests/odd.bats \
	tests/order.bats \
	tests/truth.bats \
	tests/why.bats

TESTS = $(unit_tests)
if HAVE_BATS
TESTS += $(bats_tests)
if !SANITIZERS
TESTS += $(bats_plain) $(bats_alone)
endif
endif
# Tests of the tag long are check-long's.
if SANITIZERS
TESTS_TAGS = --filter-tags '!plain,!long'
else
TESTS_TAGS = --filter-tags '!long'
endif

# $(TEST_LOGS) are those of this run: `make check TESTS=...` waits for no other.
not_alone = $(filter-out $(bats_alone:.bats=.log),$(TEST_LOGS))
tests/measure.log tests/odd.log tests/order.log tests/truth.log tests/why.log: | $(not_alone)
tests/odd.log: | $(filter tests/measure.log,$(TEST_LOGS))
tests/order.log: | $(filter tests/measure.log tests/odd.log,$(TEST_LOGS))
tests/truth.log: | $(filter tests/measure.log tests/odd.log tests/order.log,$(TEST_LOGS))
tests/why.log: | $(filter tests/measure.log tests/odd.log tests/order.log tests/truth.log,$(TEST_LOGS))

# The two halves of check, for bootstrap, which runs more beside the first.
.PHONY: check-together check-alone
check-together:
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(filter-out $(bats_alone),$(TESTS))'
check-alone:
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(bats_alone)'

# What is too long for CI; tests/long.txt has the table. In the build with sanitizers, too.
.PHONY: check-long
check-long: $(plain_programs) $(plain_data)
	TCC_LONG=yes $(MAKE) $(AM_MAKEFLAGS) check TESTS_TAGS= \
		TESTS='$(unit_tests) $(bats_tests) $(bats_plain) $(bats_alone)'
	$(MAKE) $(AM_MAKEFLAGS) check-lint
	$(MAKE) $(AM_MAKEFLAGS) fuzz FUZZ_SECONDS=600
	$(MAKE) $(AM_MAKEFLAGS) distcheck DISTCHECK_TESTS='$$(TESTS)'
	for target in $(long_beside); do \
		$(MAKE) $(AM_MAKEFLAGS) $$target TESTS_TAGS= || exit 1; \
	done

# Of the plain build alone; they download systems.
if !SANITIZERS
long_beside = check-packages check-kernels
endif

# clang-tidy, by .clang-tidy's checks; LINT_FILES='src/base/parse.c ...': of these alone.
CLANG_TIDY = clang-tidy
LINT_FILES = $(filter %.c,$(libtcc_a_SOURCES) $(tcc_trace_SOURCES)) bpf/tcc_trace.bpf.c
EXTRA_DIST += .clang-format .clang-tidy tests/attacks.txt tests/long.txt
.PHONY: check-lint
check-lint: $(BUILT_SOURCES)
	@failed=0; for file in $(LINT_FILES); do \
		case $$file in \
		bpf/*) checks=-clang-analyzer-*,-bugprone-sizeof-expression,-performance-no-int-to-ptr; \
			set -- $(TCC_BPF_CFLAGS) $(BPF_CFLAGS);; \
		*) checks=; test $$file != src/kernel/tracer.c || checks=-clang-analyzer-unix.Malloc; \
			set -- -std=gnu11 $(DEFS) -I. $(AM_CPPFLAGS) $(LIBBPF_CFLAGS) \
			$(JANSSON_CFLAGS) $(LIBSECCOMP_CFLAGS);; \
		esac; \
		$(CLANG_TIDY) --quiet --checks="$$checks" $(abs_srcdir)/$$file -- "$$@" || failed=1; \
	done; exit $$failed

# The unit tests alone, and only they are built: for packages, which are built
# without root, and where what else the tests are made of is of no use.
.PHONY: check-unit
check-unit: $(unit_tests)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(unit_tests)' check_PROGRAMS= check_DATA=

# distcheck's: what a tarball can lack shows in these, and none of them traces.
# In a variable, since automake takes a rule for its own target as a replacement.
DISTCHECK_TESTS = $(unit_tests) \
	tests/bootstrap.bats tests/docs.bats tests/errors.bats tests/fuzz.bats tests/golden.bats \
	tests/layers.bats tests/lint.bats
distcheck_target = distcheck
$(distcheck_target): AM_MAKEFLAGS = TESTS='$(DISTCHECK_TESTS)'

# What golden.bats compares; tests/golden/cases says how.
golden_files = \
	tests/golden/cases \
	tests/golden/clock-all.json \
	tests/golden/clock-utc.text \
	tests/golden/clock-wall.text \
	tests/golden/clock-west.text \
	tests/golden/clock.events \
	tests/golden/clock.tcpprobe \
	tests/golden/compare.py \
	tests/golden/edges-all.csv \
	tests/golden/edges-all.json \
	tests/golden/edges-all.text \
	tests/golden/edges-few.csv \
	tests/golden/edges-minus.json \
	tests/golden/edges-mixed.csv \
	tests/golden/edges-no-header.csv \
	tests/golden/edges-one.csv \
	tests/golden/edges-one.json \
	tests/golden/edges-plus.text \
	tests/golden/edges-share.text \
	tests/golden/edges-utc.text \
	tests/golden/edges.csv \
	tests/golden/edges.events \
	tests/golden/edges.json \
	tests/golden/edges.tcpprobe \
	tests/golden/edges.text \
	tests/golden/life-all.csv \
	tests/golden/life-all.json \
	tests/golden/life-few.text \
	tests/golden/life-kinds.json \
	tests/golden/life-props.csv \
	tests/golden/life.events \
	tests/golden/lost-color-field.text \
	tests/golden/lost-color.text \
	tests/golden/lost-field.text \
	tests/golden/lost-never.text \
	tests/golden/lost.events \
	tests/golden/lost.json \
	tests/golden/lost.text \
	tests/golden/reduction.csv \
	tests/golden/reduction.events \
	tests/golden/reduction-kinds.json \
	tests/golden/reduction.json \
	tests/golden/reduction.text \
	tests/golden/reference.py
EXTRA_DIST += $(golden_files) tests/lib/check_json.py \
	tests/lib/latency.py tests/lib/readers.bash tests/lib/same.py tests/lib/typed.py

EXTRA_DIST += tests/lib/complete.bash tests/lib/complete.fish tests/lib/complete.zsh tests/lib/traffic.py
EXTRA_DIST += $(bats_tests) $(bats_plain) $(bats_alone) tests/tap.h tests/unit/fake_ring.h \
	bootstrap tests/lib/common.bash tests/lib/events.bash tests/lib/examples.bash tests/lib/netns.bash \
	tests/lib/results.bash tests/lib/lateness.py tests/lib/outputs.py tests/lib/stuck.py tests/lib/trace.bash \
	tests/truth/compare.py tests/truth/doctor.py tests/truth/ftrace.py tests/truth/load.py \
	tests/truth/mark.bpf.c tests/truth/record.py \
	tests/why/check.py tests/why/path.py tests/why/scenarios.py \
	tests/command/compare.py tests/command/kinds.py tests/command/terminal.py \
	tests/read/range.py tests/read/roundtrip.py tests/read/sample-0.1.csv tests/read/sample-0.1.json tests/read/traffic.py \
	tests/ends/run.py tests/fault.c tests/forbidden.c tests/other_kernel.c tests/rotate/compare.py tests/thin/compare.py \
	tests/events/check.py tests/events/ends.py tests/events/ftrace.py \
	tests/events/reductions.py \
	tests/odd/compare.py tests/odd/odd.py \
	tests/properties/client.py tests/properties/cubic.awk tests/properties/cubic.bt tests/properties/compare.py tests/properties/peer.py \
	tests/properties/tcp_info.py

# Libraries to preload; no sanitizers: they are loaded before their runtime.
preloaded = tests/fault.so tests/forbidden.so tests/other_kernel.so
check_DATA += $(preloaded)
CLEANFILES += $(preloaded)
$(preloaded): %.so: %.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -std=gnu11 $(AM_CPPFLAGS) $(CPPFLAGS) $(WARN_CFLAGS) \
		$(CFLAGS) $(LDFLAGS) -shared -fPIC -o $@ $< -ldl

# The program, but for a BPF object in which CPU 0 stalls now and then between
# an event's clock and its publication.
plain_programs += tests/tcc-trace-stalled
tests_tcc_trace_stalled_SOURCES = $(tcc_trace_SOURCES)
nodist_tests_tcc_trace_stalled_SOURCES = tests/stalled/tcc_trace.skel.h
tests_tcc_trace_stalled_CPPFLAGS = -I$(builddir)/tests/stalled $(AM_CPPFLAGS)
tests_tcc_trace_stalled_LDADD = $(tcc_trace_LDADD)
CLEANFILES += tests/stalled/tcc_trace.skel.h tests/stalled/tcc_trace.bpf.o

tests/stalled/tcc_trace.bpf.o: $(bpf_sources)
	$(AM_V_BPF)$(bpf_compile)
tests/stalled/tcc_trace.bpf.o: BPF_CFLAGS += -DTCC_TEST_STALL_NS=3000000
tests/stalled/tcc_trace.skel.h: tests/stalled/tcc_trace.bpf.o
	$(AM_V_GEN)$(bpf_skeleton)
src/kernel/tests_tcc_trace_stalled-maps.$(OBJEXT) \
	src/kernel/tests_tcc_trace_stalled-tracer.$(OBJEXT): tests/stalled/tcc_trace.skel.h

# Fuzz targets, by clang's libFuzzer whatever the compiler of the rest. They
# have a library of their own: all of it is to be watched.
fuzz_targets = tests/fuzz/fuzz_format tests/fuzz/fuzz_options tests/fuzz/fuzz_parse \
	tests/fuzz/fuzz_read
fuzz_sources = tests/fuzz/fuzz_format.c tests/fuzz/fuzz_options.c tests/fuzz/fuzz_parse.c \
	tests/fuzz/fuzz_read.c
fuzz_library = tests/fuzz/libtcc.a
fuzz_dict = tests/fuzz/fuzz_options.dict
fuzz_compile = $(CLANG) -std=gnu11 -g -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	$(DEFS) -I$(builddir) $(AM_CPPFLAGS) $(LIBBPF_CFLAGS) $(JANSSON_CFLAGS) $(LIBSECCOMP_CFLAGS)
EXTRA_DIST += $(fuzz_sources) tests/fuzz/fuzz_options.seed tests/fuzz/fuzz_read.seed
CLEANFILES += $(fuzz_targets) $(fuzz_library) $(fuzz_dict)

if HAVE_FUZZER
plain_data += $(fuzz_targets) $(fuzz_dict)
endif

$(fuzz_library): $(libtcc_a_SOURCES)
	$(AM_V_GEN)rm -rf $@ tests/fuzz/objects && $(MKDIR_P) tests/fuzz/objects && \
	for source in $(libtcc_a_SOURCES); do \
		case $$source in *.c) \
			$(fuzz_compile) -c $(srcdir)/$$source \
				-o tests/fuzz/objects/`echo $$source | tr / -`.o || exit 1;; \
		esac; \
	done && \
	$(AR) cr $@ tests/fuzz/objects/*.o && rm -rf tests/fuzz/objects

fuzz_common = tests/property.c tests/property.h tests/readback.c tests/readback.h
$(fuzz_targets): %: %.c $(fuzz_common) $(fuzz_library)
	$(AM_V_CCLD)$(fuzz_compile) -fsanitize=fuzzer $< $(srcdir)/tests/property.c \
		$(srcdir)/tests/readback.c $(fuzz_library) $(LIBBPF_LIBS) $(JANSSON_LIBS) \
		$(LIBSECCOMP_LIBS) -o $@

# Every option of --help at the start of a word, every value of a choice.
$(fuzz_dict): tcc-trace$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./tcc-trace --help | \
		$(SED) -nE 's/^ +((-., )?--?[^ ]+).*/\1/p' | $(SED) 's/, /\n/' | \
		$(AWK) -F= '{ print "\"\\x0a" $$1 (NF > 1 ? "=" : "") "\"" } \
			$$2 ~ /\|/ { n = split($$2, values, "|"); \
				for (i = 1; i <= n; i++) print "\"" values[i] "\"" }' > $@.tmp && \
	mv $@.tmp $@

# By hand, for longer: make fuzz FUZZ_SECONDS=600, for each target. What they
# learn stays in tests/fuzz/corpus-* of the build directory, for the next time.
FUZZ_SECONDS = 60
.PHONY: fuzz
fuzz: $(fuzz_targets) $(fuzz_dict)
	for target in $(fuzz_targets); do \
		corpus=tests/fuzz/corpus-`basename $$target` dict= seed=; \
		test ! -f $$target.dict || dict=-dict=$$target.dict; \
		test ! -f $(srcdir)/$$target.seed || seed=-seed_inputs=$(srcdir)/$$target.seed; \
		$(MKDIR_P) $$corpus && \
		./$$target -max_total_time=$(FUZZ_SECONDS) -max_len=512 -timeout=20 $$dict $$seed \
			-artifact_prefix=tests/fuzz/ $$corpus || exit 1; \
	done

clean-local:
	rm -rf tests/fuzz/corpus-* tests/fuzz/objects tests/node
