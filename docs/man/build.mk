# SPDX-License-Identifier: GPL-2.0
# Manual pages and completions: make man, make completions. `make` alone needs none of it.

SCDOC     ?= scdoc
MAN_SRCS  := $(sort $(wildcard docs/man/*.scd))
# `urbscope top` is urbtop, and its page has both names.
MAN_PAGES := $(MAN_SRCS:docs/man/%.scd=$(B)/man/%) $(B)/man/urbscope-top.1
COMPLETIONS := $(addprefix $(B)/completions/urbscope.,bash zsh fish)

man: $(MAN_PAGES)
completions: $(COMPLETIONS)

# What a page says of options, commands and formats comes from the tables of the program.
$(B)/docs/man/fill: $(B)/docs/man/fill.o $(LIB_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/.scdoc:
	$(if $(call have_tool,$(SCDOC)),,$(error missing: $(SCDOC), for the manual pages; `make deps` installs it))
	@mkdir -p $(@D)
	@touch $@

$(B)/man/%: docs/man/%.scd $(B)/docs/man/fill | $(B)/.scdoc
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)$(RUN) $(B)/docs/man/fill $* < $< > $@.scd
	$(Q)$(SCDOC) < $@.scd > $@

$(B)/man/urbscope-top.1: $(B)/man/urbtop.1
	$(call say,MAN,$@)
	$(Q)echo .so man1/urbtop.1 > $@

$(B)/completions/urbscope.%: $(B)/urbscope
	$(call say,SHELL,$@)
	@mkdir -p $(@D)
	$(Q)$(RUN) $(B)/urbscope completion $* > $@

BUILT_OBJS += $(B)/docs/man/fill.o

.PHONY: man completions
