# SPDX-License-Identifier: GPL-2.0
# What the tool costs: `make bench`. No part of the tests: figures of a busy machine prove nothing.

BENCH_BINS := $(B)/tests/bench/core $(B)/tests/bench/cost $(B)/tests/bench/genstream \
	      $(B)/tests/bench/capread $(B)/tests/bench/scrape $(B)/tests/tools/livestream \
	      $(B)/tests/tools/gencapture $(B)/tests/tools/genload $(B)/tests/tools/peak

$(B)/tests/bench/cost: $(B)/tests/bench/cost.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf

$(B)/tests/bench/genstream: %: %.o $(B)/tests/lib/bulk_stream.o \
		$(filter-out $(B)/src/cmd/%,$(LIB_OBJS))
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/bench/scrape: $(B)/tests/bench/scrape.o $(B)/tests/lib/run.o \
		$(filter-out $(B)/src/cmd/%,$(LIB_OBJS))
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Beside whom the reader of captures is measured: knows nothing of us.
$(B)/tests/bench/capread: $(B)/tests/bench/capread.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lpcap

bench-bins: all workload $(BENCH_BINS)

bench: bench-bins
	$(Q)tests/bench/run --build $(B)

.PHONY: bench bench-bins

BUILT_OBJS += $(B)/tests/bench/cost.o $(B)/tests/bench/genstream.o \
	      $(B)/tests/bench/capread.o $(B)/tests/bench/scrape.o
