# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the schema of the JSON output.

nodist_pkgdata_DATA = share/tcc-trace.schema.json
EXTRA_DIST += share/schema.awk
CLEANFILES += share/tcc-trace.schema.json

share/tcc-trace.schema.json: share/schema.awk src/format/banner.h src/record/values.def \
		src/record/fields.def
	$(AM_V_GEN)$(MKDIR_P) share && \
	$(AWK) -f $(srcdir)/share/schema.awk $(srcdir)/src/format/banner.h \
		$(srcdir)/src/record/values.def $(srcdir)/src/record/fields.def > $@.tmp && \
	mv $@.tmp $@
