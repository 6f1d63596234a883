# SPDX-License-Identifier: GPL-2.0
# fedpat: `make help` lists the targets.
#
# Everything built goes under build/. Sources of user space are found by
# wildcard; those of the module are listed in Kbuild.

FEDPAT_VERSION := 0.1.0

# No built-in rules, no half-written targets after an error.
MAKEFLAGS += -r
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# CC=clang is for user space; the kernel's headers know their own compiler.
MAKEOVERRIDES := $(filter-out CC=%,$(MAKEOVERRIDES))

#: all            the module and the tools
.PHONY: all
all: module tools

# --- module ----------------------------------------------------------------

# One kernel at a time: KDIR=dir [ARCH=um]; the default is the newest one that
# has headers. Each kernel has its own directory, build/<kernel release>, with
# links to the sources, so that kernels do not overwrite each other's objects.
KDIR ?= $(shell scripts/kdir)
# Not include/config/kernel.release: Debian's 6.1 headers name another there.
krelease_of = sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' \
	$(1)/include/generated/utsrelease.h
krelease = $(eval krelease := $$(shell $$(call krelease_of,$(KDIR))))$(krelease)

# CONFIG_DEBUG_INFO_BTF_MODULES: distribution headers come without the vmlinux
# that BTF needs, and kbuild would complain about it on each build.
kbuild = $(MAKE) --no-print-directory -C $(KDIR) M=$(CURDIR)/build/$(krelease) W=1 \
	$(if $(ARCH),ARCH=$(ARCH)) FEDPAT_VERSION=$(FEDPAT_VERSION) \
	WERROR=$(WERROR) FEDPAT_GCOV=$(FEDPAT_GCOV) $(if $(SPARSE),C=$(SPARSE)) CONFIG_DEBUG_INFO_BTF_MODULES=

#: module         build/<kernel release>/fedpat.ko; KDIR=dir for another kernel, ARCH=um for UML
.PHONY: module
module: kbuild
	@ln -sfn $(krelease)/fedpat.ko build/fedpat.ko

.PHONY: kbuild
kbuild:
	@[ -n "$(KDIR)" ] || exit 1
	@[ -n "$(krelease)" ] || \
		{ echo "KDIR=$(KDIR) is not a configured kernel build directory" >&2; exit 1; }
	@scripts/mirror build/$(krelease) Kbuild include kmod
	@+$(kbuild) modules

#: modules        the module for both of Debian's kernels: build/6.1, build/6.12
.PHONY: modules
modules: module-6.1 module-6.12

# module-6.1, module-6.12, module-uml, module-debug: build/<name> is a link to
# the directory of that kernel.
module-%:
	@kdir=$$(scripts/kdir $*) && \
	$(MAKE) --no-print-directory kbuild KDIR=$$kdir \
		$(if $(filter uml debug,$*),ARCH=um) && \
	ln -sfn "$$($(call krelease_of,$$kdir))" build/$*

# kload-6.12, kload-uml: build/<kernel release>/kload/fpload.ko, the load generator
# of the benchmarks that lives in the kernel.
kload-%:
	@kdir=$$(scripts/kdir $*) && release=$$($(call krelease_of,$$kdir)) && \
	scripts/mirror build/$$release/kload selftests/bench/kload/Kbuild \
		selftests/bench/kload/fpload.c && \
	$(MAKE) --no-print-directory -C $$kdir M=$(CURDIR)/build/$$release/kload W=1 \
		$(if $(filter uml debug,$*),ARCH=um) WERROR=$(WERROR) \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules

# --- user space ------------------------------------------------------------

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))

# Packages of pkg-config, one a line. Linked as needed, so one list serves all.
packages += jansson
packages += libcap-ng
packages += libcrypto
packages += libevent
packages += libevent_openssl
packages += libevent_pthreads
packages += libmnl
packages += libnl-3.0
packages += libnl-route-3.0
packages += libseccomp
packages += libssl
packages += yaml-0.1

warnings := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wpointer-arith \
	-Wstrict-prototypes -Wmissing-prototypes \
	-Werror=implicit-function-declaration -Werror=implicit-int \
	-Werror=incompatible-pointer-types -Werror=return-type
hardening := -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fPIE
san_flags := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer $(if $(filter 1,$(FUZZ)),-fsanitize=fuzzer-no-link)

cflags = -std=gnu11 -D_GNU_SOURCE -O2 -g $(warnings) \
	$(if $(filter 1,$(WERROR)),-Werror) \
	$(if $(filter 1,$(SAN)),$(san_flags),-D_FORTIFY_SOURCE=2) $(hardening) \
	$(if $(filter 1,$(COV)),--coverage) \
	-DFEDPAT_VERSION='"$(FEDPAT_VERSION)"' \
	-Iinclude -Iinclude/uapi -Itools/lib -Iselftests/kselftest $(pkg_cflags) $(CFLAGS)
ldflags = -pie -Wl,--as-needed -Wl,-z,relro,-z,now \
	$(if $(filter 1,$(SAN)),$(san_flags)) $(if $(filter 1,$(COV)),--coverage) $(LDFLAGS)

# Asked once, and only when something of user space is built.
pkg_cflags = $(eval pkg_cflags := $(shell pkg-config --cflags $(packages)))$(pkg_cflags)
pkg_libs = $(eval pkg_libs := $(shell pkg-config --libs $(packages)))$(pkg_libs)

# libunbound's .pc asks for libevent, which it needs only when linked statically.
libraries := -lunbound -lm

# gcc and clang, with and without sanitizers, side by side.
out := build/$(notdir $(firstword $(CC)))$(if $(filter 1,$(SAN)),-san)$(if $(filter 1,$(FUZZ)),-fuzz)$(if $(filter 1,$(COV)),-cov)

# Self tests of the module are included by the files that they test.
sources = $(filter-out kmod/core/selftest/%,$(wildcard $(1)/*.c $(1)/*/*.c))
objects = $(patsubst %.c,$(out)/%.o,$(call sources,$(1)))

tool_names := fedctl fedpatd
lib_objects := $(call objects,tools/lib) $(call objects,kmod/core)
tool_objects := $(foreach t,$(tool_names),$(call objects,tools/$t))

#: tools          build/fedctl, build/fedpatd; CC=clang, SAN=1 (ASan and UBSan), WERROR=1
.PHONY: tools $(tool_names)
tools: $(tool_names)

define tool_rule
ifneq ($$(wildcard tools/$(1)/main.c),)
$(1): $$(out)/$(1)
	@install -C $$< build/$(1)
$$(out)/$(1): $$(call objects,tools/$(1)) $$(out)/libfedpat.a
	@echo "  LINK    $$@"
	@$$(CC) $$(ldflags) -o $$@ $$^ $$(pkg_libs) $$(libraries)
else
$(1):
	@echo "  SKIP    $(1): tools/$(1) has no main.c yet"
endif
endef
$(foreach t,$(tool_names),$(eval $(call tool_rule,$t)))

$(out)/libfedpat.a: $(lib_objects)
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $^

# A change of flags or of this file rebuilds: they are a prerequisite.
$(out)/%.o: %.c $(out)/.flags
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) $(cflags) -MMD -MP -c -o $@ $<

# Built in by .incbin, which the compiler does not tell of.
$(out)/tools/lib/flows/steps.o: tools/lib/flows/steps.txt

.PHONY: FORCE
$(out)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(cflags)' | cmp -s - $@ || echo '$(CC) $(cflags)' >$@

# --- tests in user space ---------------------------------------------------

# Each selftests/unit/test_*.c is one program, linked with the whole library
# and core, and with whatever it calls of the tools. Other files there are
# helpers that all of them may call.
test_sources := $(wildcard selftests/unit/test_*.c)
test_objects := $(test_sources:%.c=$(out)/%.o)
tests := $(test_objects:.o=)
helper_objects := $(patsubst %.c,$(out)/%.o,\
	$(filter-out $(test_sources),$(wildcard selftests/unit/*.c)))
tool_parts := $(filter-out %/main.o,$(tool_objects))

#: unit           the unit tests with ASan and UBSan; TESTS="test_a test_b" for some of them
.PHONY: unit
unit: unit-build
	@+$(MAKE) --no-print-directory -C selftests unit TESTS="$(TESTS)"

.PHONY: unit-build unit-programs
unit-build:
	@+$(MAKE) --no-print-directory SAN=1 unit-programs
	@ln -sfn gcc-san/selftests/unit build/unit

unit-programs: $(tests)

$(out)/libtest.a: $(helper_objects) $(tool_parts)
	@rm -f $@
	@$(AR) rcs $@ $^

$(tests): %: %.o $(out)/libtest.a $(out)/libfedpat.a
	@echo "  LINK    $@"
	@$(CC) $(ldflags) -o $@ $^ -lcmocka $(pkg_libs) $(libraries)

# Each selftests/fuzz/fuzz_*.c is one libFuzzer target.
fuzz_objects := $(patsubst %.c,$(out)/%.o,$(wildcard selftests/fuzz/fuzz_*.c))
fuzzers := $(fuzz_objects:.o=)

#: fuzz           each fuzzer for SECONDS=5 s; FUZZERS="fuzz_a" for some of them
.PHONY: fuzz
fuzz: fuzz-build
	@+$(MAKE) --no-print-directory -C selftests fuzz FUZZERS="$(FUZZERS)" SECONDS="$(SECONDS)"

.PHONY: fuzz-build fuzz-programs
fuzz-build:
	@+$(MAKE) --no-print-directory CC=clang SAN=1 FUZZ=1 fuzz-programs
	@ln -sfn clang-san-fuzz/selftests/fuzz build/fuzz

fuzz-programs: $(fuzzers)

$(fuzzers): %: %.o $(out)/libtest.a $(out)/libfedpat.a
	@echo "  LINK    $@"
	@$(CC) $(ldflags) -fsanitize=fuzzer -o $@ $^ $(pkg_libs) $(libraries)

# Each selftests/net/*.c is one program that the VM tests run: build/net/<name>.
# Folders there hold what such programs share.
net_objects := $(patsubst %.c,$(out)/%.o,$(wildcard selftests/net/*.c))
net_parts := $(patsubst %.c,$(out)/%.o,$(wildcard selftests/net/*/*.c))

.PHONY: net-programs
net-programs: $(net_objects:.o=)
	@ln -sfn $(notdir $(out))/selftests/net build/net

$(out)/libnet.a: $(net_parts)
	@rm -f $@
	@$(AR) rcs $@ $^

$(net_objects:.o=): %: %.o $(out)/libnet.a $(out)/libtest.a $(out)/libfedpat.a
	@echo "  LINK    $@"
	@$(CC) $(ldflags) -o $@ $^ $(pkg_libs) $(libraries)

# Each selftests/bench/bench_*.c is one program, linked with the others there.
bench_objects := $(patsubst %.c,$(out)/%.o,$(wildcard selftests/bench/*.c))
benches := $(patsubst %.o,%,$(filter $(out)/selftests/bench/bench_%,$(bench_objects)))

#: bench-native   build/bench-native/bench_*: parts of the core, to be measured by themselves
.PHONY: bench-native
bench-native: $(benches)
	@ln -sfn $(notdir $(out))/selftests/bench build/bench-native

$(benches): %: %.o $(filter-out $(benches:=.o),$(bench_objects)) $(out)/libfedpat.a
	@echo "  LINK    $@"
	@$(CC) $(ldflags) -o $@ $^ $(pkg_libs) $(libraries)

# Beside the parsers of others: the only program that is linked with them.
sipcore_objects := $(patsubst %.c,$(out)/%.o,$(wildcard selftests/bench/sipcore/*.c))

.PHONY: sipcore
sipcore: $(out)/selftests/bench/sipcore/sipcore

$(sipcore_objects): cflags += $(shell pkg-config --cflags sofia-sip-ua)
$(out)/selftests/bench/sipcore/sipcore: $(sipcore_objects) $(out)/libtest.a $(out)/libfedpat.a
	@echo "  LINK    $@"
	@$(CC) $(ldflags) -o $@ $^ $(pkg_libs) $(libraries) $(shell pkg-config --libs libosip2 sofia-sip-ua)

-include $(patsubst %.o,%.d,$(sipcore_objects) $(net_objects) $(net_parts) $(lib_objects) $(tool_objects) \
	$(test_objects) $(helper_objects) $(fuzz_objects) $(bench_objects))

# --- gates -----------------------------------------------------------------

#: check          install, build, unit tests, fuzzers, VM tests on both kernels; needs root on Debian 12
.PHONY: check
check:
	@scripts/check

#: check-debug    the VM tests on a kernel with KASAN, lockdep, kmemleak; TESTS="..." for some of them
.PHONY: check-debug
check-debug:
	@scripts/check-debug $(TESTS)

#: bench          all benchmarks, into Documentation/benchmarks.md; hours where the CPU is emulated
#: bench-X        one of relay, scale, udp, acl, core; the rows of the others stay
bench_pieces := relay scale udp acl core
.PHONY: bench $(bench_pieces:%=bench-%)
bench:
	@selftests/bench/run $(bench_pieces)
$(bench_pieces:%=bench-%):
	@selftests/bench/run $(@:bench-%=%)

#: faults         every VM test that does harm, on KERNEL=uml; FEDPAT_SCALE=100 per cent of the counts
.PHONY: faults
faults:
	@scripts/faults $(filter-out 6.12,$(KERNEL))

#: soak           SECONDS=60 of traffic, compared octet by octet, and the slope of memory
.PHONY: soak
soak: tools net-programs module-uml
	@FEDPAT_SOAK=$(or $(SECONDS),60) selftests/vm/run --kernel uml \
		--timeout $$(($(or $(SECONDS),60) + 1200)) --tests selftests/vm/tests/soak.sh

#: coverage       lines of module and user space that the tests run; TESTS="..." for some VM tests
.PHONY: coverage
coverage:
	@scripts/coverage $(TESTS)

#: lint           sparse, checkpatch, shellcheck, length of functions; GATES="length sparse" for some
.PHONY: lint
lint:
	@scripts/lint $(GATES)

#: analyze        clang's static analyzer and cppcheck, no finding unexplained; GATES="clang" FILES="a.c" for some
.PHONY: analyze
analyze: export FEDPAT_CFLAGS = $(cflags)
analyze:
	@scripts/deps build lint
	@scripts/analyze $(GATES)

#: demo           two companies exchange SIP through the gateway, in a VM, with a picture; KERNEL=uml is faster
.PHONY: demo
demo:
	@scripts/preflight
	@[ -x selftests/demo/run ] || { echo "selftests/demo/run is missing from this tree" >&2; exit 1; }
	@scripts/deps build check demo $(filter uml,$(KERNEL))
	@+$(MAKE) --no-print-directory -s tools module-$(KERNEL)
	@selftests/demo/run

#: vm             the VM tests on KERNEL=6.12 (6.1, uml, debug); TESTS="selftests/vm/tests/x.sh" for some
KERNEL ?= 6.12
.PHONY: vm
vm: tools net-programs
	@selftests/vm/run --kernel $(KERNEL) --tests $(or $(TESTS),selftests/vm/tests/*.sh)

#: deps           install the packages of scripts/deps.list that are missing
.PHONY: deps
deps:
	@scripts/deps

# --- installation ----------------------------------------------------------

PREFIX ?= /usr
sbindir := $(PREFIX)/sbin
mandir := $(PREFIX)/share/man
unitdir ?= /lib/systemd/system
INSTALL ?= install

#: install        into DESTDIR=: module of KDIR=, modules-load, tools, man pages, units, /etc/default/fedpatd
.PHONY: install install-module install-tools install-units
install: install-module install-tools install-units

# depmod only for a real installation: in a DESTDIR the package does it.
install-module: module
	$(INSTALL) -D -m 644 build/fedpat.ko \
		$(DESTDIR)/lib/modules/$(krelease)/updates/fedpat.ko
	$(INSTALL) -D -m 644 tools/modules-load.conf $(DESTDIR)/usr/lib/modules-load.d/fedpat.conf
	$(INSTALL) -D -m 644 tools/modprobe.conf $(DESTDIR)/usr/lib/modprobe.d/fedpat.conf
	$(if $(DESTDIR),,depmod $(krelease))

install-tools: tools
	for tool in $(foreach t,$(tool_names),$(if $(call sources,tools/$t),$t)); do \
		$(INSTALL) -D -m 755 build/$$tool $(DESTDIR)$(sbindir)/$$tool || exit; \
	done
	for page in $(wildcard Documentation/man/*.[1-9]); do \
		$(INSTALL) -D -m 644 $$page \
			$(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/} || exit; \
	done
	$(INSTALL) -D -m 644 tools/fedctl/fedctl.bash \
		$(DESTDIR)/usr/share/bash-completion/completions/fedctl

# Options that somebody has written stay. In a DESTDIR the package makes the user.
install-units:
	$(INSTALL) -D -m 644 tools/sysusers.conf $(DESTDIR)/usr/lib/sysusers.d/fedpat.conf
	$(if $(DESTDIR),,systemd-sysusers fedpat.conf)
	for unit in $(wildcard tools/*/*.service tools/*/*.timer); do \
		$(INSTALL) -D -m 644 $$unit $(DESTDIR)$(unitdir)/$${unit##*/} || exit; \
	done
	[ -e $(DESTDIR)/etc/default/fedpatd ] || \
		$(INSTALL) -D -m 644 tools/fedpatd/fedpatd.default $(DESTDIR)/etc/default/fedpatd

# --- the rest --------------------------------------------------------------

#: clean          remove build/
.PHONY: clean
clean:
	rm -rf build

#: help           this list
.PHONY: help
help:
	@sed -n 's/^#: /  /p' $(firstword $(MAKEFILE_LIST))
