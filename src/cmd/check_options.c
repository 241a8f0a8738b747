// SPDX-License-Identifier: GPL-2.0
#include "check_options.h"

#include <string.h>

#include "command.h"

enum {
	KEY_ASSERTION = 0x400,	/* and the kind */
	KEY_SHARE = KEY_ASSERTION + ASSERTION_KINDS,
	KEY_RAMP,
	KEY_DRAIN,
	KEY_MODEL,
	KEY_RULES,
};

static const struct argp_option first[] = {
	{ "endpoint", 'e', "SEL", 0,
	  "What follows must hold on the endpoints that SEL selects. Given again before an assertion: on "
	  "these, too", 1 },
};

static const struct argp_option last[] = {
	{ "model", KEY_MODEL, "NAME:depth=N", 0,
	  "The endpoint is driven as a queue of that depth. NAME is bulk-in-queue, which takes "
	  ",buf_len=BYTES as well, or bulk-out-queue", 3 },
	{ "rules", KEY_RULES, NULL, 0,
	  "The kernel's rules for URBs are kept. Before any --endpoint: on all endpoints", 3 },
	{ "share", KEY_SHARE, "P%", 0,
	  "The depth asserted before must be kept for P% of the time. Of the time that counts, not for all "
	  "of it", 3 },
	{ "include-ramp", KEY_RAMP, NULL, 0,
	  "Count the time of a burst before min-depth is first reached, too", 3 },
	{ "include-drain", KEY_DRAIN, NULL, 0,
	  "Count the time after the last submission of a burst, too", 3 },
	{ 0 },
};

static const char *const arguments[] = {
	[UNIT_DEPTH] = "N", [UNIT_MEAN] = "X", [UNIT_TIME] = "DUR", [UNIT_SHARE] = "P%",
	[UNIT_BYTE_RATE] = "RATE", [UNIT_BYTES] = "SIZE", [UNIT_COUNT] = "N",
};

const char *check_model_beginning(size_t i)
{
	static const char *const beginnings[] = { "bulk-in-queue:depth=", "bulk-out-queue:depth=" };

	return i < sizeof(beginnings) / sizeof(beginnings[0]) ? beginnings[i] : NULL;
}

static struct check_target *last_target(struct check_spec *spec)
{
	return spec->target_cnt ? &spec->targets[spec->target_cnt - 1] : NULL;
}

static struct check_target *need_target(struct check_spec *spec, const char *option,
					struct argp_state *state)
{
	struct check_target *target = last_target(spec);

	if (!target)
		refuse(state, "%s: on which endpoint? Write --endpoint SEL before it",
			     option);
	return target;
}

/* Assertions close a target: the next selector opens another one. */
static void add_selector(struct check_spec *spec, const char *arg, struct argp_state *state)
{
	struct check_target *target = last_target(spec);
	struct fault fault = { "" };
	size_t used;

	if (!target || target->assertion_cnt)
		target = check_spec_target(spec);
	if (!target)
		refuse(state, "out of memory");
	else if (target->selector_cnt == CHECK_SELECTORS)
		refuse(state, "more than %d selectors together: write wider ones",
			     CHECK_SELECTORS);
	else if (selector_parse(arg, &target->selectors[target->selector_cnt], &fault))
		refuse(state, "%s", fault.text);
	else
		target->selector_cnt++;
	if (!target)
		return;
	used = strlen(target->name);
	snprintf(target->name + used, sizeof(target->name) - used, "%s%s", used ? " or " : "", arg);
}

/* An empty one, for what the option of that name says; NULL once the failure is told. */
static struct assertion *new_assertion(struct check_spec *spec, const char *name,
				       struct argp_state *state)
{
	struct check_target *target;
	struct assertion *a;
	char option[64];

	snprintf(option, sizeof(option), "--%s", name);
	target = need_target(spec, option, state);
	a = target ? check_target_assertion(target) : NULL;
	if (target && !a)
		refuse(state, "out of memory");
	return a;
}

static void add_assertion(struct check_spec *spec, enum assertion_kind kind, const char *arg,
			  struct argp_state *state)
{
	struct assertion *a = new_assertion(spec, assertion_info(kind)->name, state);
	struct fault fault = { "" };

	if (a && assertion_parse(kind, arg, a, &fault))
		refuse(state, "--%s", fault.text);
}

static void add_model(struct check_spec *spec, const char *arg, struct argp_state *state)
{
	struct assertion *a = new_assertion(spec, "model", state);
	struct fault fault = { "" };

	if (a && assertion_parse_model(arg, a, &fault))
		refuse(state, "--%s", fault.text);
}

static void set_share(struct check_spec *spec, const char *arg, struct argp_state *state)
{
	struct check_target *target = last_target(spec);
	struct assertion *a = target && target->assertion_cnt ?
			      &target->assertions[target->assertion_cnt - 1] : NULL;
	struct fault fault = { "" };
	struct assertion share;

	if (!a || (a->kind != ASSERT_MIN_DEPTH && a->kind != ASSERT_MAX_DEPTH))
		refuse(state, "--share %s: of what? It stands behind --min-depth or "
			     "--max-depth", arg);
	else if (assertion_parse(ASSERT_MAX_GAP_SHARE, arg, &share, &fault) || !share.limit)
		refuse(state, "--share %s: write a share, such as 99%%", arg);
	else
		a->share = share.limit;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct check_spec *spec = state->input;
	struct check_target *target;
	struct assertion *a;

	if (key >= KEY_ASSERTION && key < KEY_ASSERTION + ASSERTION_KINDS) {
		add_assertion(spec, key - KEY_ASSERTION, arg, state);
		return 0;
	}
	switch (key) {
	case 'e':
		add_selector(spec, arg, state);
		return 0;
	case KEY_MODEL:
		add_model(spec, arg, state);
		return 0;
	case KEY_RULES:
		if (!spec->target_cnt)
			add_selector(spec, "*", state);
		a = new_assertion(spec, "rules", state);
		if (a)
			*a = (struct assertion){ .kind = ASSERT_RULES, .share = 1 };
		return 0;
	case KEY_SHARE:
		set_share(spec, arg, state);
		return 0;
	case KEY_RAMP:
		target = need_target(spec, "--include-ramp", state);
		if (target)
			target->include_ramp = true;
		return 0;
	case KEY_DRAIN:
		target = need_target(spec, "--include-drain", state);
		if (target)
			target->include_drain = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp_child *check_argp_children(void)
{
	static struct argp_option
		options[sizeof(first) / sizeof(first[0]) + ASSERTION_KINDS +
			sizeof(last) / sizeof(last[0])];
	static const struct argp argp = { options, parse, NULL, NULL, NULL, NULL, NULL };
	static const struct argp_child children[] = {
		{ &argp, 0, "What must hold:", 1 },
		{ 0 },
	};
	struct argp_option *o = options;

	memcpy(o, first, sizeof(first));
	o += sizeof(first) / sizeof(first[0]);
	for (int kind = 0; kind < ASSERTION_KINDS; kind++) {
		const struct assertion_info *info = assertion_info(kind);

		*o++ = (struct argp_option){ info->name, KEY_ASSERTION + kind, arguments[info->unit], 0,
					     info->brief, 2 };
	}
	memcpy(o, last, sizeof(last));
	return children;
}

void check_spec_must_assert(const struct check_spec *spec, struct fault *fault)
{
	for (size_t i = 0; i < spec->target_cnt; i++) {
		if (!spec->targets[i].assertion_cnt)
			fault_set(fault, "--endpoint %s: nothing must hold on it; add an assertion behind "
					 "it, such as --min-depth 2", spec->targets[i].name);
	}
}

void check_spec_watch(const struct check_spec *spec, struct watch_options *watch)
{
	for (size_t i = 0; i < spec->target_cnt; i++) {
		const struct check_target *t = &spec->targets[i];

		for (size_t k = 0; k < t->assertion_cnt; k++) {
			watch->slots |= t->assertions[k].kind >= ASSERTION_KINDS;
			watch->full |= t->assertions[k].kind == ASSERT_RULES &&
				       watch->source != WATCH_USBMON &&
				       watch->source != WATCH_USBMON_TEXT;
		}
	}
}
