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
