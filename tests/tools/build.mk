# SPDX-License-Identifier: GPL-2.0
# Small programs that tests of the whole tool run: make test-tools

SMALL_TOOLS := $(addprefix $(B)/tests/tools/,jsonget depthlog gencapture genload peak slowline)
EVENT_TOOLS := $(addprefix $(B)/tests/tools/,mkstream mkqueue mkmarks mkcapture mktext traceprint killed livestream \
	       exposition fleetstream)
CHECK_TOOLS := $(addprefix $(B)/tests/tools/,rowcheck tracecheck)
TEST_TOOLS := $(SMALL_TOOLS) $(CHECK_TOOLS) $(EVENT_TOOLS) $(B)/tests/tools/capnaive $(B)/tests/tools/bpfbusy \
	      $(B)/tests/tools/tracenaive

$(SMALL_TOOLS): $(B)/tests/tools/%: $(B)/tests/tools/%.o $(B)/tests/lib/jsonread.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

$(CHECK_TOOLS): $(B)/tests/tools/%: $(B)/tests/tools/%.o $(B)/tests/tools/spans.o \
		$(B)/tests/lib/jsonread.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

$(EVENT_TOOLS): $(B)/tests/tools/%: $(B)/tests/tools/%.o $(TLIB_OBJS) $(LIB_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/tools/fleetstream: LIBS += -lm

$(B)/tests/tools/bpfbusy: $(B)/tests/tools/bpfbusy.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf

# It is a witness: of the sources it must know nothing.
$(B)/tests/tools/capnaive: $(B)/tests/tools/capnaive.o $(B)/tests/tools/capnaive_text.o \
			   $(B)/tests/lib/jsonread.o $(B)/tests/lib/naive.o $(CORE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

# So is this: of traces it knows what docs/trace.md says.
$(B)/tests/tools/tracenaive: $(B)/tests/tools/tracenaive.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd

test-tools: $(TEST_TOOLS)

BUILT_OBJS += $(TEST_TOOLS:%=%.o) $(B)/tests/tools/capnaive_text.o $(B)/tests/tools/spans.o

.PHONY: test-tools
