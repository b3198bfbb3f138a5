# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the service under a real systemd, booted in qemu. As root.

EXTRA_DIST += tests/systemd/guest.sh tests/systemd/run

.PHONY: check-systemd
check-systemd: deb
	@$(MKDIR_P) machine
	@rm -f machine/systemd.trs
	@$(AM_TESTS_ENVIRONMENT) $(LOG_DRIVER) --test-name systemd --log-file machine/systemd.log \
		--trs-file machine/systemd.trs -- \
		$(BASH) $(srcdir)/tests/systemd/run pkg/deb/$(PACKAGE)_*.deb machine
	@trs=machine/systemd.trs; $(trs_passed)

clean-local: clean-systemd
.PHONY: clean-systemd
clean-systemd:
	rm -rf machine
