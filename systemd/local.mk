# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the unit of systemd. It is made, and tested, also
# where --without-systemdsystemunitdir keeps it from being installed.

EXTRA_DIST += systemd/tcc-trace.service.in
CLEANFILES += systemd/tcc-trace.service

if INSTALL_SYSTEMD_UNIT
nodist_systemdsystemunit_DATA = systemd/tcc-trace.service
else
noinst_DATA = systemd/tcc-trace.service
endif

# On the Makefile for the directories.
systemd/tcc-trace.service: systemd/tcc-trace.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) -e 's|@bindir[@]|$(bindir)|' -e 's|@sysconfdir[@]|$(sysconfdir)|' \
		$(srcdir)/systemd/tcc-trace.service.in > $@.tmp && \
	mv $@.tmp $@
