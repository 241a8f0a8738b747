# SPDX-License-Identifier: GPL-2.0
# urbscope: `make` builds, `make run` shows, `make test` proves, `make bench` measures.

# ARCH=arm64, ARCH=armhf: for another machine, with libraries of its own. Only if it is said to make: who
# builds kernels may have an ARCH in the environment.
SYSROOT :=
ifeq ($(origin ARCH),command line)
TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET_armhf := arm-linux-gnueabihf
TRIPLET := $(or $(TRIPLET_$(ARCH)),$(error ARCH=$(ARCH): those known are arm64 and armhf))
CROSS_COMPILE ?= $(TRIPLET)-
CC      := $(CROSS_COMPILE)gcc
SYSROOT := $(if $(SYSROOT),$(SYSROOT),$(or $(shell tests/rig/fetch-sysroot $(ARCH)),$(error no libraries for $(ARCH))))
B       ?= build/$(ARCH)
ARCH_DEPS := $(ARCH)
endif

ifeq ($(origin CC),default)
CC       := gcc
endif
CLANG    ?= clang
PROTOC_C ?= protoc-c
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
B        ?= build
# The kernel side is the same whatever builds the rest: builds of a test share it.
BPF_B    ?= $(B)
PREFIX   ?= /usr/local
bindir   ?= $(PREFIX)/bin
datadir  ?= $(PREFIX)/share
mandir   ?= $(datadir)/man
# Where bash, zsh and fish look.
bashdir  ?= $(datadir)/bash-completion/completions
zshdir   ?= $(datadir)/zsh/site-functions
fishdir  ?= $(datadir)/fish/vendor_completions.d
# What is built for another machine may run by this: qemu-aarch64-static, for instance.
RUN      ?=
V        ?= 0
Q        := $(if $(filter 1,$(V)),,@)
say       = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

VERSION  := 0.1
WARN     := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla
WERROR   ?= 0
STRICT   := $(if $(filter 1,$(WERROR)),-Werror)
CFLAGS   ?= -O2 -g
ROOT     := $(if $(SYSROOT),--sysroot=$(SYSROOT))
ALL_CFLAGS = $(ROOT) -std=gnu11 $(WARN) $(STRICT) $(CPPFLAGS) $(CFLAGS) $(EXTRA_CFLAGS) -Iinclude -Isrc -I$(BPF_B) \
	     $(ALIKE) $(WIDE) $(WIDE_TIME) -D_GNU_SOURCE -DURBSCOPE_VERSION='"$(VERSION)"'
# arm64 would fuse a product with a sum, which is rounded once then: figures are to be the same on all machines.
ALIKE     := -ffp-contract=off
# Where long is 32 bits, files and times are not: recordings are larger than 2 GiB, and clocks run on in 2038.
WIDE      := -D_FILE_OFFSET_BITS=64
WIDE_TIME := -D_TIME_BITS=64
LIBS     := -lbpf -lelf -lz -ludev -lpcap -lyaml -lzstd -lprotobuf-c -lncursesw -ltinfo \
	    -lmicrohttpd -lgnutls -lcrypt -lm

# Every room is a folder of src/; a new file is found by itself.
ROOMS    := event trace source track metrics compare check spec sink cmd
SRCS     := $(foreach r,$(ROOMS),$(sort $(wildcard src/$(r)/*.c src/$(r)/*/*.c)))
OBJS     := $(SRCS:%.c=$(B)/%.o)
# Made from each .proto beside the sink that uses it.
PROTOS   := perfetto prometheus
OBJS     += $(PROTOS:%=$(B)/%.pb-c.o)
LIB_OBJS := $(filter-out $(B)/src/cmd/main.o,$(OBJS))
CORE_OBJS := $(filter $(B)/src/event/% $(B)/src/track/% $(B)/src/metrics/%,$(OBJS))

UNIT_SRCS := $(sort $(wildcard tests/unit/*.c))
UNIT_BINS := $(UNIT_SRCS:tests/unit/%.c=$(B)/tests/unit/%)
TLIB_SRCS := $(sort $(wildcard tests/lib/*.c))
TLIB_OBJS := $(TLIB_SRCS:%.c=$(B)/%.o)

all: $(B)/urbscope $(B)/urbtop

help:
	@sed -n 's/^#: //p' Makefile

#: make               build/urbscope and build/urbtop
#: make run           the live view on real USB traffic, on an emulated machine
#: make test          everything that CI demands; T=NAME: one test, or one file of tests
#: make test-kernels  the live tests on every kernel of tests/rig/kernels; KERNEL="6.12 6.18": on those
#: make soak          the exporter, while everything goes on at once: an hour; SECONDS=600: so long
#: make test-packages the Debian packages: built, installed, and their services on a machine that boots
#: make check-quick   what takes seconds and needs neither root nor an emulated machine
#: make fuzz          fuzz every parser; TIME=600: seconds for each
#: make bench         what the tool costs
#: make static        build/static/urbscope, which needs no shared library
#: make man           the manual pages, in build/man; completions: build/completions
#: make install       all of it, into $(DESTDIR)$(PREFIX), which is /usr/local unless told
#: make uninstall     takes it away again
#: make deps          the Debian packages that building and testing need
#: make clean
#:
#: ARCH=arm64 or ARCH=armhf builds for another machine, in build/arm64 (docs/boards.md).
#: V=1 shows the commands, WERROR=1 makes warnings errors, B=DIR builds elsewhere,
#: CC=clang and EXTRA_CFLAGS=... do what they say.

# What a machine lacks is said once, before a compiler says it in a hundred lines.
have_tool = $(shell command -v $(firstword $(1)) >/dev/null 2>&1 && echo 1)
have_header = $(shell printf '\#include <%s>\n' $(1) | $(CC) $(ROOT) -E -x c - >/dev/null 2>&1 && echo 1)
LACKING  = $(strip $(foreach t,$(CC) $(CLANG) $(BPFTOOL) $(PROTOC_C),$(if $(call have_tool,$(t)),,$(t))) \
	   $(foreach h,bpf/libbpf.h libudev.h ncurses.h pcap.h yaml.h zstd.h zlib.h protobuf-c/protobuf-c.h microhttpd.h gnutls/gnutls.h \
	     crypt.h,$(if $(call have_header,$(h)),,$(h))))

$(BPF_B)/.tools:
	$(if $(LACKING),$(error missing: $(LACKING); `make deps` installs what building needs))
	@mkdir -p $(@D)
	@touch $@

# -mcpu=v3 (atomics, 32-bit jumps) is what every kernel with fentry on usbcore takes; the kprobes are
# for Linux 5.10, too.
BPF_OBJS := $(BPF_B)/urbscope.bpf.o $(BPF_B)/urbscope_kprobe.bpf.o
$(BPF_B)/urbscope.bpf.o: BPF_CPU := v3
$(BPF_B)/urbscope_kprobe.bpf.o: BPF_CPU := v2
MACHINE  := $(subst -pc-,-,$(shell $(CC) -dumpmachine 2>/dev/null))
BPF_ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(firstword $(subst -, ,$(MACHINE)))))
BPF_CFLAGS = -g -O2 -target bpf -mcpu=$(BPF_CPU) -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wno-unused-function \
	      $(STRICT) -Iinclude -Ibpf -idirafter $(SYSROOT)/usr/include/$(MACHINE)

$(BPF_OBJS): $(BPF_B)/%.bpf.o: bpf/%.bpf.c | $(BPF_B)/.tools
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(BPF_B)/%.skel.h: $(BPF_B)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(BPF_B)/%.pb-c.c $(BPF_B)/%.pb-c.h: src/sink/%.proto | $(BPF_B)/.tools
	$(call say,PROTO,$(BPF_B)/$*.pb-c.c)
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(BPF_B) $(<F)

$(PROTOS:%=$(B)/%.pb-c.o): $(B)/%.pb-c.o: $(BPF_B)/%.pb-c.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Only these include them, and they must be there before their dependencies are known.
$(B)/src/source/bpf_fentry.o: $(BPF_B)/urbscope.skel.h
$(B)/src/source/bpf_kprobe.o: $(BPF_B)/urbscope_kprobe.skel.h
$(patsubst %.c,$(B)/%.o,$(wildcard src/sink/perfetto*.c)): $(BPF_B)/perfetto.pb-c.h
$(B)/src/sink/expose/protobuf.o: $(BPF_B)/prometheus.pb-c.h

# What a page brings along; the same whatever builds the rest.
HTML_ASSETS := src/sink/html/page.css src/sink/html/page.js
$(BPF_B)/html_assets.h: src/sink/html/embed $(HTML_ASSETS)
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$(Q)src/sink/html/embed html_css=src/sink/html/page.css html_js=src/sink/html/page.js > $@

$(B)/src/sink/html.o: $(BPF_B)/html_assets.h

$(B)/urbscope: $(OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Of shared libraries it needs none, not even the C library. libpcap only reads files here: its captures from
# D-Bus, which has an archive that needs one of systemd, are left out. The linker warns of host names,
# which libpcap looks up in filters; we set none.
STATIC_LD := -static -s -Wl,--no-warnings -Wl,--defsym=dbus_create=0 -Wl,--defsym=dbus_findalldevs=0
# GnuTLS, and with it what serves HTTP, has no archive either.
STATIC_OBJS := $(filter-out $(B)/src/cmd/serve% $(B)/src/sink/http%,$(OBJS)) \
	       $(B)/src/static/udev.o $(B)/src/static/serve.o
$(B)/static/urbscope: $(STATIC_OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(STATIC_LD) -o $@ $^ $(filter-out -ludev -lmicrohttpd -lgnutls,$(LIBS))

# One binary: it looks at the name that it was started under.
$(B)/urbtop: $(B)/urbscope
	$(Q)ln -f $< $@

$(B)/%.o: %.c | $(BPF_B)/.tools
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(TLIB_OBJS) $(LIB_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# The core links without a library, and so does its benchmark, with what puts the core together.
$(B)/tests/bench/core: $(B)/tests/bench/core.o $(CORE_OBJS) $(B)/src/cmd/figures.o \
		       $(B)/src/source/source.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

static: $(B)/static/urbscope
objects: $(OBJS)
unit-bins: $(UNIT_BINS)

deps:
	tests/install-packages $(ARCH_DEPS)

test:
	+@tests/install-packages
	+@T='$(T)' KERNEL='$(KERNEL)' tests/run all

test-kernels:
	+@tests/install-packages kernels
	+@T='$(T)' KERNEL='$(KERNEL)' tests/run kernels

soak: all workload test-tools
	+@tests/install-packages
	@tests/soak/addresses
	@tests/soak/run $(or $(SECONDS),3600)

test-packages:
	+@tests/install-packages package
	+@T='$(T)' SUITE='$(SUITE)' tests/run build packages

check-quick:
	+@T='$(T)' tests/run quick

fuzz:
	+@FUZZ_TIME='$(or $(TIME),60)' tests/run fuzz

run:
	@tests/install-packages
	$(Q)$(MAKE) --no-print-directory all workload queueload
	$(Q)tests/rig/demo

install: all man completions
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man7 \
		$(DESTDIR)$(bashdir) $(DESTDIR)$(zshdir) $(DESTDIR)$(fishdir)
	install -m 755 $(B)/urbscope $(DESTDIR)$(bindir)/urbscope
	ln -f $(DESTDIR)$(bindir)/urbscope $(DESTDIR)$(bindir)/urbtop
	install -m 644 $(filter %.1,$(MAN_PAGES)) $(DESTDIR)$(mandir)/man1
	install -m 644 $(filter %.7,$(MAN_PAGES)) $(DESTDIR)$(mandir)/man7
	install -m 644 $(B)/completions/urbscope.bash $(DESTDIR)$(bashdir)/urbscope
	ln -sf urbscope $(DESTDIR)$(bashdir)/urbtop
	install -m 644 $(B)/completions/urbscope.zsh $(DESTDIR)$(zshdir)/_urbscope
	install -m 644 $(B)/completions/urbscope.fish $(DESTDIR)$(fishdir)/urbscope.fish
	ln -sf urbscope.fish $(DESTDIR)$(fishdir)/urbtop.fish

uninstall:
	rm -f $(foreach f,urbscope urbtop,$(DESTDIR)$(bindir)/$(f) $(DESTDIR)$(bashdir)/$(f) \
		$(DESTDIR)$(fishdir)/$(f).fish) $(DESTDIR)$(zshdir)/_urbscope \
		$(foreach p,$(notdir $(MAN_PAGES)),$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(p)))/$(p))

UNITS    := urbscope-exporter.service urbscope-record.service
unitdir  ?= $(PREFIX)/lib/systemd/system

install-units:
	install -d $(DESTDIR)$(unitdir)
	$(Q)for unit in $(UNITS); do \
		sed 's|@bindir@|$(bindir)|' docs/systemd/$$unit.in >$(DESTDIR)$(unitdir)/$$unit && \
			chmod 644 $(DESTDIR)$(unitdir)/$$unit || exit 1; \
	done

uninstall-units:
	rm -f $(UNITS:%=$(DESTDIR)$(unitdir)/%)

install: install-units
uninstall: uninstall-units

clean:
	rm -rf $(B)

.PHONY: all help static objects unit-bins deps test test-kernels soak test-packages check-quick fuzz run clean
.PHONY: install install-units uninstall uninstall-units
.DELETE_ON_ERROR:
.SECONDARY:

# These hand times to a library (libpcap, libusb), or stand before ioctl(), which has another name where times are
# wide; they have them as it was built with: as the compiler of the same suite has them.
$(addprefix $(B)/,src/source/pcap.o tests/workload/bulkload.o tests/workload/lib/usbfs.o tests/bench/capread.o $(patsubst %.c,%.o,\
	$(wildcard tests/queues/user/*.c))): WIDE_TIME :=

# Each has its own targets, and adds its objects to BUILT_OBJS: dependencies are read for those.
BUILT_OBJS := $(OBJS) $(filter $(B)/src/static/%,$(STATIC_OBJS)) $(TLIB_OBJS) $(UNIT_SRCS:%.c=$(B)/%.o) $(B)/tests/bench/core.o
include docs/man/build.mk $(sort $(wildcard tests/*/build.mk))
-include $(BUILT_OBJS:.o=.d) $(BPF_OBJS:.o=.d)
