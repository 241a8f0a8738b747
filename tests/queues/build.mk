# SPDX-License-Identifier: GPL-2.0
# The bulk queues: `make queues` builds those on libusb, and the kernel's modules for KERNEL (6.1 unless told).

QUEUE_SRCS    := $(sort $(wildcard tests/queues/*.c tests/queues/user/*.c))
QUEUE_OBJS    := $(QUEUE_SRCS:%.c=$(B)/%.o)
# what workload/build.mk compiles
QUEUE_LIB     := $(addprefix $(B)/tests/workload/lib/,usb.o usbfs.o witness.o)
QUEUE_KERNEL  := $(or $(KERNEL),6.1)
QUEUE_PARTS   := $(sort $(wildcard tests/queues/kernel/* tests/queues/*.[ch] tests/workload/lib/witness*.[ch]))
QUEUE_MODULES := $(foreach m,bulkqueues bulkstreams,$(QUEUE_KERNEL:%=$(B)/tests/queues/%/$(m).ko))

$(QUEUE_OBJS): EXTRA_CFLAGS += -Itests/queues -Itests/queues/user -Itests/workload/lib

$(B)/tests/queues/queueload: $(QUEUE_OBJS) $(QUEUE_LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lusb-1.0 -lpthread

$(B)/tests/queues/%/bulkqueues.ko $(B)/tests/queues/%/bulkstreams.ko: $(QUEUE_PARTS) tests/rig/build-module
	$(call say,KBUILD,$@)
	$(Q)tests/rig/build-module $* $(@D) $(QUEUE_PARTS)

queueload: $(B)/tests/queues/queueload

queues: queueload $(QUEUE_MODULES)

BUILT_OBJS += $(QUEUE_OBJS)

.PHONY: queues queueload
