# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: examples for the service, installed to be copied.

examplesdir = $(docdir)/examples
dist_examples_DATA = examples/tcc-trace.default examples/tcc-trace.logrotate
