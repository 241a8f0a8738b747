/* SPDX-License-Identifier: GPL-2.0 */
/* The openers of recordings. They take the input over if they succeed, only then. */
#ifndef URBSCOPE_SOURCE_RECORDING_H
#define URBSCOPE_SOURCE_RECORDING_H

#include "input.h"
#include "urbscope/source.h"

struct source *trace_open(const struct input *in, const struct source_config *config,
			  struct fault *fault);
/* A recording in several files, if that is what the path stands for; else NULL without a fault. */
struct source *trace_open_set(const char *path, const struct source_config *config,
			      struct fault *fault);
struct source *capture_open(const struct input *in, const struct source_config *config,
			    struct fault *fault);
struct source *text_open(const struct input *in, const struct source_config *config,
			 struct fault *fault);

#endif
