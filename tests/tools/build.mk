# SPDX-License-Identifier: GPL-2.0
# Small programs that tests of the whole tool run: make test-tools

JUDGES     := $(B)/tests/tools/jsonget $(B)/tests/tools/depthlog
TEST_TOOLS := $(JUDGES) $(B)/tests/tools/mkstream

# These share nothing with the tool that they judge.
$(JUDGES): %: %.o $(B)/tests/lib/jsonread.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

$(B)/tests/tools/mkstream: $(B)/tests/tools/mkstream.o $(TLIB_OBJS) $(LIB_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

test-tools: $(TEST_TOOLS)

BUILT_OBJS += $(TEST_TOOLS:%=%.o)

.PHONY: test-tools
