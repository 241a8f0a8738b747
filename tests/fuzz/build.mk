# SPDX-License-Identifier: GPL-2.0
# Fuzzers, one a parser: libFuzzer, so clang, with everything under the sanitizers.

FUZZ_B     := build/fuzz
FUZZERS    := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	      -fno-omit-frame-pointer -O1

# The kernel's answers to the source of usbmon come from the fuzzer.
comma := ,
FUZZ_LD_usbmon := $(addprefix -Wl$(comma)--wrap=,open64 ioctl mmap64 munmap)

# In a folder of its own, by a make of its own: everything is compiled with coverage.
fuzzers: $(BPF_B)/urbscope.skel.h $(BPF_B)/urbscope_kprobe.skel.h $(B)/tests/tools/mkstream \
	 $(B)/tests/tools/mkcapture $(B)/tests/tools/mktext $(B)/tests/tools/tracenaive $(B)/urbscope
	+$(Q)$(MAKE) --no-print-directory B=$(FUZZ_B) BPF_B=$(BPF_B) CC=$(CLANG) \
		EXTRA_CFLAGS='$(FUZZ_FLAGS)' fuzz-bins

fuzz-bins: $(FUZZERS:%=$(B)/tests/fuzz/%)

$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(LIB_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(FUZZ_LD_$*) $(LDFLAGS) -o $@ $^ $(LIBS)

# A recording in memory.
$(B)/tests/fuzz/range: $(B)/tests/lib/fakesource.o

BUILT_OBJS += $(FUZZERS:%=$(B)/tests/fuzz/%.o)

.PHONY: fuzzers fuzz-bins
