# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the tests.

# In C, without a kernel: each links the library and prints TAP.
unit_tests = \
	tests/unit/test_conn \
	tests/unit/test_filter \
	tests/unit/test_options \
	tests/unit/test_parse \
	tests/unit/test_ring \
	tests/unit/test_sink

check_PROGRAMS += $(unit_tests) tests/replay
LDADD = libtcc.a $(JANSSON_LIBS) -lpthread

# With bats, on the running kernel where they need one.
bats_tests = \
	tests/errors.bats \
	tests/order.bats \
	tests/trace.bats

TESTS = $(unit_tests)
if HAVE_BATS
TESTS += $(bats_tests)
endif

EXTRA_DIST += $(bats_tests) tests/tap.h tests/unit/fake_ring.h \
	tests/lib/netns.bash tests/lib/trace.bash tests/refuse_maps.c

# A library to preload; no sanitizers: it is loaded before their runtime.
check_DATA = tests/refuse_maps.so
CLEANFILES += tests/refuse_maps.so
tests/refuse_maps.so: tests/refuse_maps.c
	$(AM_V_CCLD)$(MKDIR_P) tests && $(CC) -std=gnu11 $(AM_CPPFLAGS) $(WARN_CFLAGS) \
		-shared -fPIC -o $@ $(srcdir)/tests/refuse_maps.c -ldl

# The program, but for a BPF object in which CPU 0 stalls now and then between
# an event's clock and its publication.
check_PROGRAMS += tests/tcc-trace-stalled
tests_tcc_trace_stalled_SOURCES = src/main.c src/tracer.c
nodist_tests_tcc_trace_stalled_SOURCES = tests/stalled/tcc_trace.skel.h
tests_tcc_trace_stalled_CPPFLAGS = -I$(builddir)/tests/stalled $(AM_CPPFLAGS)
tests_tcc_trace_stalled_LDADD = $(tcc_trace_LDADD)
CLEANFILES += tests/stalled/tcc_trace.skel.h tests/stalled/tcc_trace.bpf.o

tests/stalled/tcc_trace.bpf.o: $(bpf_sources)
	$(AM_V_BPF)$(bpf_compile)
tests/stalled/tcc_trace.bpf.o: BPF_CFLAGS += -DTCC_TEST_STALL_NS=3000000
tests/stalled/tcc_trace.skel.h: tests/stalled/tcc_trace.bpf.o
	$(AM_V_GEN)$(bpf_skeleton)
src/tests_tcc_trace_stalled-tracer.$(OBJEXT): tests/stalled/tcc_trace.skel.h
