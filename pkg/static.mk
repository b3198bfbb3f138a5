# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: `make static` links the program with all of its
# libraries in it, one file to be copied to any host of its architecture.

# The objects are those of tcc-trace: only the linking differs. A program with
# sanitizers cannot be static.
EXTRA_PROGRAMS += tcc-trace-static
tcc_trace_static_SOURCES = $(tcc_trace_SOURCES)
nodist_tcc_trace_static_SOURCES = bpf/tcc_trace.skel.h
tcc_trace_static_LDFLAGS = -static
tcc_trace_static_LDADD = libtcc.a $(STATIC_LIBS)
CLEANFILES += tcc-trace-static$(EXEEXT)

.PHONY: static
static: tcc-trace-static$(EXEEXT)
