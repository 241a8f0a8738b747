# SPDX-License-Identifier: GPL-2.0
# Small programs that tests of the whole tool run: make test-tools

TEST_TOOLS := $(B)/tests/tools/jsonget $(B)/tests/tools/depthlog

$(TEST_TOOLS): $(B)/tests/tools/%: $(B)/tests/tools/%.o $(B)/tests/lib/jsonread.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

test-tools: $(TEST_TOOLS)

.PHONY: test-tools
