# contrib/install.mk - part of the Makefile, which has the lists of files: installs them, and makes the Debian package.

MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/anomdetect
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions

# $(call places,DO): calls DO for each MODE,DIRECTORY,FILES. install and uninstall use the same list, so uninstall removes
# every file.
define places
$(call $1,755,$(PREFIX)/sbin,$(BUILD)/anomdetect $(BUILD)/anomban)
$(call $1,755,$(PREFIX)/bin,$(BUILD)/anomstat $(BUILD)/anomcount $(FILTERS:%=contrib/%))
$(call $1,644,$(PREFIX)/share/anomdetect,$(MODULES:%=contrib/%))
$(call $1,644,$(MANDIR)/man1,$(filter %.1,$(MAN)))
$(call $1,644,$(MANDIR)/man5,$(filter %.5,$(MAN)))
$(call $1,644,$(MANDIR)/man7,$(filter %.7,$(MAN)))
$(call $1,644,$(MANDIR)/man8,$(filter %.8,$(MAN)))
$(call $1,644,$(BASHDIR),contrib/completion/anomdetect.bash)
$(call $1,644,$(ZSHDIR),contrib/completion/_anomdetect)
$(call $1,644,$(UNITDIR),$(UNITS:%=contrib/systemd/%))
$(foreach file,$(CONTRIB),$(call $1,644,$(DOCDIR)/$(patsubst ./,,$(dir $(file))),contrib/$(file))
)
endef
put = $(if $3,install -D -m $1 -t '$(DESTDIR)$2' $3)
take = $(if $3,rm -f $(patsubst %,'$(DESTDIR)$2/%',$(notdir $3)))
# In the files of TEXTS, PREFIX replaces /usr/local. In units, the path of each program is in quotes, which systemd and
# shells accept. (In another program's configuration, a blank in PREFIX needs that program's quoting.)
TEXTS = $(patsubst %,'$(DESTDIR)$(DOCDIR)/%',$(CONTRIB)) $(patsubst %,'$(DESTDIR)$(UNITDIR)/%',$(UNITS))
PLACED = -e 's,/usr/local/,$(PREFIX)/,g' -e '/^Exec/s,\([ =]\)anomdetect --,\1"$(PREFIX)/sbin/anomdetect" --,' \
	-e '/^Exec/s,exec anomcount ,exec "$(PREFIX)/bin/anomcount" ,'
# bash loads completions from a file with the command's name.
COMPLETED := $(filter-out anomdetect,$(PROGRAMS)) $(FILTERS)

## install: install programs, manual pages, completions, units and contrib/ under PREFIX (/usr/local), inside DESTDIR; without
##        DESTDIR, first install the packages that a build and a run need
install:
	@$(if $(DESTDIR),,$(DEPS) build run)
	@+$(MAKE) $(JOBS) all
	$(call places,put)
	sed -i $(PLACED) $(TEXTS)
	for name in $(COMPLETED); do ln -sf anomdetect.bash '$(DESTDIR)$(BASHDIR)/'$$name.bash || exit; done

## uninstall: remove the installed files, but not directories that other packages use, too
uninstall:
	$(call places,take)
	rm -f $(patsubst %,'$(DESTDIR)$(BASHDIR)/%.bash',$(COMPLETED))
	for dir in '$(DESTDIR)$(DOCDIR)' '$(DESTDIR)$(PREFIX)/share/anomdetect'; do \
		! test -d "$$dir" || find "$$dir" -depth -type d -empty -delete || exit; \
	done

## deb: make a Debian package, source and binary, in build/deb, and check it with lintian; MAINTAINER='Name <address>',
##      HOMEPAGE=URL and VCS=URL set its fields (by default the maintainer is the user who builds it)
# In a copy of the tree, contrib/debian becomes debian/. The build there does not inherit this make's settings.
DEB := $(abspath $(BUILD))/deb
MAINTAINER ?= $(or $(DEBFULLNAME),$(shell id -un)) <$(or $(DEBEMAIL),$(shell id -un)@$(shell hostname -f 2>/dev/null || hostname))>
# A package without MAINTAINER is only for hosts of the user who builds it, so the maintainer's address need not exist.
DEB_LOCAL = $(if $(DEBEMAIL)$(filter-out file,$(origin MAINTAINER)),,--suppress-tags \
	bogus-mail-host,bogus-mail-host-in-debian-changelog,root-in-contact)
DEB_FIELDS = $(foreach field,MAINTAINER HOMEPAGE VCS,$(if $($(field)),-e 's|@$(field)@|$($(field))|',-e '/@$(field)@/d'))
deb:
	@$(DEPS) build deb
	rm -rf '$(DEB)'
	mkdir -p '$(DEB)/anomdetect'
	tar -c --exclude=__pycache__ src man tests contrib Makefile *.md LICENSE | tar -x -C '$(DEB)/anomdetect'
	mv '$(DEB)/anomdetect/contrib/debian' '$(DEB)/anomdetect'
	sed -i $(DEB_FIELDS) '$(DEB)/anomdetect/debian/control' '$(DEB)/anomdetect/debian/changelog'
	cd '$(DEB)/anomdetect' && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc
	lintian --fail-on error,warning $(DEB_LOCAL) '$(DEB)'/*.changes

## check-deb: build the Debian package, and install and remove it in a separate Debian (some minutes, 400 MB)
check-deb: deb
	@$(DEPS) check-deb
	@BUILD='$(abspath $(BUILD))' prove --exec tests/tap.sh tests/package/deb.sh

## check-readme: run the exact commands of README.md, with attackers, in a separate Debian that boots; as root
##        (some minutes, 1 GB; RELEASE=trixie; PACKAGE=yes: use the Debian package instead of make install)
check-readme:
	@$(DEPS) check-deb check-readme
	@BUILD='$(abspath $(BUILD))' RELEASE='$(RELEASE)' PACKAGE='$(PACKAGE)' prove --verbose --exec tests/tap.sh tests/package/readme.sh

## check-image: build contrib/container's image and run it with podman (some minutes, 150 MB of packages, 1 GB of disk)
check-image:
	@$(DEPS) check check-image
	@BUILD='$(abspath $(BUILD))' prove --exec tests/tap.sh tests/package/image.sh

.PHONY: install uninstall deb check-deb check-readme check-image
