/* SPDX-License-Identifier: GPL-2.0 */
/* The options that say what must hold, and the spec that they make. */
#ifndef URBSCOPE_CMD_CHECK_OPTIONS_H
#define URBSCOPE_CMD_CHECK_OPTIONS_H

#include <argp.h>

#include "options.h"
#include "urbscope/check.h"

/*
 * The child parser for check's argp; its input is a struct check_spec. It has an option for each
 * kind of assertion, by the kind's own name.
 */
const struct argp_child *check_argp_children(void);

/* What the value of --model can begin with; NULL behind the last. */
const char *check_model_beginning(size_t i);

/* Fills in the fault if nothing must hold on one of the targets. */
void check_spec_must_assert(const struct check_spec *spec, struct fault *fault);

/* Has the source tell what the assertions need: models know the driver's URBs, rules who submits them. */
void check_spec_watch(const struct check_spec *spec, struct watch_options *watch);

#endif
