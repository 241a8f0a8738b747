/* SPDX-License-Identifier: GPL-2.0 */
/* The options that all commands share that watch or read: which endpoints, and how. */
#ifndef URBSCOPE_CMD_OPTIONS_H
#define URBSCOPE_CMD_OPTIONS_H

#include <argp.h>

#include "urbscope/source.h"

#define SELECTORS_MAX 16
#define WATCH_MORE    15	/* recordings that are read together with a first one */

enum watch_source { WATCH_AUTO, WATCH_BPF, WATCH_KPROBE, WATCH_USBMON, WATCH_USBMON_TEXT };

/* A moment of a recording: `ns` since its window began, or before its end. */
struct watch_moment {
	bool given, from_end;
	uint64_t ns;
};

struct watch_options {
	struct selector selectors[SELECTORS_MAX];
	size_t selector_cnt;
	enum watch_source source; /* of what is live */
	bool full;
	bool slots;		/* tell the drivers' own URBs */
	size_t ring_bytes;
	uint64_t idle_ns;
	struct watch_moment from, to; /* the part of a recording that is read */
};

/* Idle threshold of DESIGN: zero intervals of this length part bursts. */
#define IDLE_DEFAULT_NS 10000000ULL

/*
 * The child parser for a command's argp; its input is a struct watch_options, which the
 * command's own parser puts into state->child_inputs[0] at ARGP_KEY_INIT.
 */
extern const struct argp_child watch_argp_children[];

/* The same for a command that only reads recordings. */
extern const struct argp_child read_argp_children[];

/* What --source and --level can be; NULL behind the last. */
const char *watch_source_name(size_t i);
const char *watch_level_name(size_t i);

void watch_options_init(struct watch_options *w);

/* "50us", "2ms", "1.5s", "10" (seconds): nanoseconds. 0 or -EINVAL. */
int parse_duration(const char *text, uint64_t *ns);

/*
 * For ARGP_KEY_ARG, with ARGP_IN_ORDER: what stands behind "--" is the command to wrap; without "--"
 * there may be one operand, the recording to read. Anything else is a usage error.
 */
void take_operand(struct argp_state *state, const char **file, char ***command);

/*
 * Opens what an operand names: NULL is the running kernel, else a recording ("-": stdin), or the part
 * of it that is asked for. Where the
 * source is not chosen and BPF cannot run on this kernel, usbmon serves, its text interface if
 * there is nothing else, with a line on stderr.
 */
struct source *watch_open(const struct watch_options *w, const char *operand, struct fault *fault);

/*
 * Turns moments that count from the recording's end into such that count from its beginning, for
 * which it is read once: watch_open() does so each time. 0, or -errno with the fault filled in.
 */
int watch_resolve(struct watch_options *w, const char *operand, struct fault *fault);

/* Opens recordings to be read as one, in order of time. */
struct source *watch_open_several(const struct watch_options *w, const char *first,
				  const char *const *more, size_t more_cnt, struct fault *fault);

/* At the end: what the figures and the events cannot tell by themselves goes to stderr. */
void watch_remark(const struct source *src);

#endif
