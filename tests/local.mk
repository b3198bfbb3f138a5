# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the tests.

# In C, without a kernel: each links the library and prints TAP.
unit_tests = \
	tests/unit/test_conn \
	tests/unit/test_ring \
	tests/unit/test_sink

check_PROGRAMS += $(unit_tests)
LDADD = libtcc.a $(JANSSON_LIBS) -lpthread

TESTS = $(unit_tests)
EXTRA_DIST += tests/tap.h tests/unit/fake_ring.h
