# SPDX-License-Identifier: GPL-2.0
# The workloads: programs that make USB traffic and log what they did. `make workload` builds
# them; some need libusb-1.0.

WORKLOADS     := $(sort $(wildcard tests/workload/*.c))
WORKLOAD_BINS := $(WORKLOADS:tests/workload/%.c=$(B)/tests/workload/%)
WORKLOAD_OBJS := $(patsubst %.c,$(B)/%.o,$(sort $(filter-out %/usb.c %/usbfs.c,$(wildcard tests/workload/lib/*.c))))
WORKLOAD_USB  := $(addprefix $(B)/tests/workload/lib/,usb.o usbfs.o)

$(B)/tests/workload/bulkload $(B)/tests/workload/refused: WORKLOAD_LIBS := -lusb-1.0
$(B)/tests/workload/bulkload: $(WORKLOAD_USB)

$(B)/tests/workload/%: $(B)/tests/workload/%.o $(WORKLOAD_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(WORKLOAD_LIBS) -lpthread

workload: $(WORKLOAD_BINS)

BUILT_OBJS += $(WORKLOADS:%.c=$(B)/%.o) $(WORKLOAD_OBJS) $(WORKLOAD_USB)

.PHONY: workload
