# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the packages of Debian and of RPM's distributions,
# made from the tarball into pkg/deb and pkg/rpm of the build directory.

# tcc-trace.spec.in is configure's.
EXTRA_DIST += \
	debian/README.Debian debian/changelog debian/clean debian/control debian/copyright \
	debian/postrm debian/rules debian/source/format debian/tests/control \
	debian/tests/loopback debian/upstream/metadata debian/watch \
	debian/source/lintian-overrides debian/tcc-trace.lintian-overrides \
	pkg/newcomer pkg/rpmlintrc pkg/toolchains \
	tests/lib/mirror.bash tests/lib/root.bash tests/packages.bats

# Nothing of this make's own may reach the packages' builds.
pkg_clean_make = env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u MAKEOVERRIDES
pkg_tarball = $(distdir).tar.xz

.PHONY: deb rpm package-roots check-packages check-made-packages check-newcomer \
	check-toolchains

# The source is unpacked as the Debian revision's; only the log of the build and
# the packages remain.
deb: dist
	rm -rf pkg/deb && $(MKDIR_P) pkg/deb
	cp $(pkg_tarball) pkg/deb/$(PACKAGE)_$(PACKAGE_VERSION).orig.tar.xz
	cd pkg/deb && tar -xf $(PACKAGE)_$(PACKAGE_VERSION).orig.tar.xz
	(cd pkg/deb/$(distdir) && $(pkg_clean_make) dpkg-buildpackage -us -uc; echo $$? >../status) \
		2>&1 | tee pkg/deb/build.log
	test "`cat pkg/deb/status`" = 0 && rm -rf pkg/deb/status pkg/deb/$(distdir)

# --nodeps: the names of its needs are other distributions'.
rpm: dist tcc-trace.spec
	rm -rf pkg/rpm && $(MKDIR_P) pkg/rpm/SOURCES
	cp $(pkg_tarball) pkg/rpm/SOURCES
	$(pkg_clean_make) rpmbuild --nodeps --clean --define '_topdir $(abs_builddir)/pkg/rpm' \
		-ba tcc-trace.spec >pkg/rpm/build.log 2>&1 || { tail -n 40 pkg/rpm/build.log; exit 1; }
	cd pkg/rpm && ls RPMS/*/*.rpm SRPMS/*.rpm

# The clean systems that the tests unpack, to be downloaded while deb and rpm are
# built. Where that fails it is for the tests to say why.
package-roots:
	-$(BASH) -c '. $(srcdir)/tests/lib/root.bash && \
		for suite in $(package_suites); do root_fetch $$suite; done'
package_suites = bookworm trixie

# As root: installed into clean systems, used, removed.
check-packages: deb rpm package-roots
	$(MAKE) $(AM_MAKEFLAGS) check-made-packages

# Not by way of `check`, which builds all that the other tests need.
check-made-packages:
	@$(MKDIR_P) tests
	@rm -f tests/packages.trs
	@$(AM_TESTS_ENVIRONMENT) $(LOG_DRIVER) --test-name tests/packages.bats \
		--log-file tests/packages.log --trs-file tests/packages.trs -- \
		$(BATS) $(AM_BATS_LOG_FLAGS) $(srcdir)/tests/packages.bats
	@trs=tests/packages.trs; $(trs_passed)

# As root: built, and used, by the releases of Debian.
check-toolchains: dist
	$(srcdir)/pkg/toolchains $(pkg_tarball)

# As root, in a clone: README's second command in bare systems, with all of the tests.
check-newcomer:
	$(srcdir)/pkg/newcomer

clean-local: clean-packages
.PHONY: clean-packages
clean-packages:
	rm -rf pkg/deb pkg/rpm pkg/roots pkg/newcomer-*.log pkg/toolchain-*.log
