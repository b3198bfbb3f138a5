# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the tests.
unit_tests =

check_PROGRAMS += $(unit_tests)
TESTS = $(unit_tests)
EXTRA_DIST += tests/tap.h
