# SPDX-License-Identifier: GPL-2.0
# urbscope: `make` builds, `make run` shows, `make test` proves, `make bench` measures.

CC       ?= gcc
CLANG    ?= clang
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
B        ?= build
V        ?= 0
Q        := $(if $(filter 1,$(V)),,@)
say       = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

WARN     := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(EXTRA_CFLAGS) -Iinclude -Isrc -I$(B) \
	     -D_GNU_SOURCE -DURBSCOPE_VERSION='"$(VERSION)"'
VERSION  := 0.1
LIBS     := -lbpf -lelf -lz -ludev -lncursesw -ltinfo -lm

# Every room is a folder of src/; a new file is found by itself.
ROOMS    := event source track metrics sink cmd
SRCS     := $(foreach r,$(ROOMS),$(sort $(wildcard src/$(r)/*.c)))
OBJS     := $(SRCS:%.c=$(B)/%.o)
LIB_OBJS := $(filter-out $(B)/src/cmd/main.o,$(OBJS))
CORE_OBJS := $(filter $(B)/src/event/% $(B)/src/track/% $(B)/src/metrics/%,$(OBJS))

UNIT_SRCS := $(sort $(wildcard tests/unit/*.c))
UNIT_BINS := $(UNIT_SRCS:tests/unit/%.c=$(B)/tests/unit/%)
TLIB_OBJS := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/lib/*.c)))

all: $(B)/urbscope $(B)/urbtop

# The kernel side. -mcpu=v3 (atomics, 32-bit jumps) is what every kernel since 5.12 takes.
BPF_ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))))
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wno-unused-function \
	      -Iinclude -Ibpf -idirafter /usr/include/$(shell $(CC) -dumpmachine)

$(B)/urbscope.bpf.o: bpf/urbscope.bpf.c
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_WERROR) -MMD -MP -c -o $@ $<

$(B)/urbscope.skel.h: $(B)/urbscope.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name urbscope_bpf > $@

# Only these include it, and it must be there before their dependencies are known.
$(B)/src/source/bpf_attach.o $(B)/src/source/bpf_lost.o: $(B)/urbscope.skel.h

$(B)/urbscope: $(OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# One binary: it looks at the name that it was started under.
$(B)/urbtop: $(B)/urbscope
	$(Q)ln -f $< $@

$(B)/%.o: %.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(TLIB_OBJS) $(LIB_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

unit-bins: $(UNIT_BINS)

# The core links without a library, and so does its benchmark, with what puts the core together.
$(B)/tests/bench/core: $(B)/tests/bench/core.o $(CORE_OBJS) $(B)/src/cmd/figures.o \
		       $(B)/src/source/source.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

clean:
	rm -rf $(B)

.PHONY: all clean unit-bins
-include tests/tools/build.mk

.DELETE_ON_ERROR:
.SECONDARY:

-include $(shell find $(B) -name '*.d' 2>/dev/null)

include tests/workload/build.mk
