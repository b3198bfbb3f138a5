# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the man pages.

man_MANS = man/tcc-trace.8
dist_man_MANS = man/tcc-trace-tutorial.7
EXTRA_DIST += man/tcc-trace.8.in man/fields.awk
CLEANFILES += man/tcc-trace.8

# On the Makefile for version and directories.
man/tcc-trace.8: man/tcc-trace.8.in man/fields.awk src/record/values.def src/record/fields.def Makefile
	$(AM_V_GEN)$(MKDIR_P) man && \
	$(AWK) -v version='$(PACKAGE_VERSION)' -v pkgdatadir='$(pkgdatadir)' \
		-v sysconfdir='$(sysconfdir)' -v values=$(srcdir)/src/record/values.def \
		-v fields=$(srcdir)/src/record/fields.def -f $(srcdir)/man/fields.awk \
		$(srcdir)/man/tcc-trace.8.in > $@.tmp && \
	mv $@.tmp $@
