// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "extent.h"
#include "urbscope/machine.h"

enum { KEY_LEVEL = 0x100, KEY_RING, KEY_IDLE, KEY_SOURCE, KEY_FROM, KEY_UNTIL };

static const struct argp_option options[] = {
	{ "select", 's', "SEL", 0,
	  "Watch only what SEL selects. It is DEVICE[/ENDPOINT[#STREAM]], such as 17e9:6006/bulk-in, "
	  "1-1.2/0x81 or driver=uas; given several times, any of them counts", 10 },
	{ "idle", KEY_IDLE, "DUR", 0,
	  "How long a gap can be (default 10ms). A pause with nothing in flight is a gap if it is shorter "
	  "than DUR, else the endpoint was idle", 10 },
	{ "from", KEY_FROM, "TIME", 0,
	  "Of a recording, only what happens from TIME on. That is 1.5s or 200ms since it began; -2s: its "
	  "last two seconds. What is in flight then is there from the beginning", 10 },
	{ "until", KEY_UNTIL, "TIME", 0, "Of a recording, only what happens before TIME", 10 },
	{ 0 },
};

/* Of what is live. */
static const struct argp_option live_options[] = {
	{ "source", KEY_SOURCE, "SOURCE", 0,
	  "How a running kernel is watched. bpf: by fentry, or by kprobes where the kernel cannot; kprobe: "
	  "by kprobes in any case; usbmon: submissions and completions only, without BPF; usbmon-text: the "
	  "same from debugfs, which loses events on a busy bus; auto (the default): the first of these that "
	  "the kernel has", 10 },
	{ "level", KEY_LEVEL, "LEVEL", 0,
	  "How much live probes see. basic (the default): when URBs are queued and given back; full: also "
	  "the call of usb_submit_urb, who called, and the completion handler", 10 },
	{ "ring", KEY_RING, "MIB", 0,
	  "Size of the live ring in MiB. It is a power of two (default: bpf 8, usbmon 64, if the kernel "
	  "permits and memory is free)", 10 },
	{ 0 },
};

int parse_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "", 1e9 } };
	char *end;
	double value = strtod(text, &end);

	if (end == text || !isfinite(value) || value < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		value *= units[i].ns;
		if (value > 1e18)
			return -EINVAL;
		*ns = llround(value);
		return 0;
	}
	return -EINVAL;
}

static void add_selector(struct watch_options *w, const char *arg, struct argp_state *state)
{
	struct fault fault = { "" };

	if (w->selector_cnt == SELECTORS_MAX)
		refuse(state, "more than %d selectors: write wider ones", SELECTORS_MAX);
	else if (selector_parse(arg, &w->selectors[w->selector_cnt], &fault))
		refuse(state, "%s", fault.text);
	else
		w->selector_cnt++;
}

const char *watch_source_name(size_t i)
{
	static const char *const names[] = {
		[WATCH_AUTO] = "auto", [WATCH_BPF] = "bpf", [WATCH_KPROBE] = "kprobe",
		[WATCH_USBMON] = "usbmon", [WATCH_USBMON_TEXT] = "usbmon-text",
	};

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

const char *watch_level_name(size_t i)
{
	static const char *const names[] = { "basic", "full" };

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

static void add_source(struct watch_options *w, const char *arg, struct argp_state *state)
{
	const char *name;

	for (size_t i = 0; (name = watch_source_name(i)); i++) {
		if (!strcmp(arg, name)) {
			w->source = i;
			return;
		}
	}
	refuse(state, "--source %s: write bpf, kprobe, usbmon, usbmon-text or auto", arg);
}

static void set_moment(struct watch_moment *m, const char *option, const char *arg,
		       const struct argp_state *state)
{
	m->given = true;
	m->from_end = *arg == '-';
	if (parse_duration(arg + m->from_end, &m->ns))
		refuse(state, "--%s %s: write a time such as 1.5s or 200ms; -1.5s counts from the end", option,
		       arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch_options *w = state->input;
	unsigned long mib;
	char *end;

	switch (key) {
	case 's':
		add_selector(w, arg, state);
		return 0;
	case KEY_SOURCE:
		add_source(w, arg, state);
		return 0;
	case KEY_LEVEL:
		if (strcmp(arg, "full") && strcmp(arg, "basic"))
			refuse(state, "--level %s: write basic or full", arg);
		w->full = !strcmp(arg, "full");
		return 0;
	case KEY_IDLE:
		if (parse_duration(arg, &w->idle_ns) || !w->idle_ns)
			refuse(state, "--idle %s: write a time such as 500us or 10ms", arg);
		return 0;
	case KEY_FROM:
		set_moment(&w->from, "from", arg, state);
		return 0;
	case KEY_UNTIL:
		set_moment(&w->to, "until", arg, state);
		return 0;
	case KEY_RING:
		mib = strtoul(arg, &end, 10);
		if (*end || !mib || mib > 1024 || mib & (mib - 1))
			refuse(state, "--ring %s: write a power of two up to 1024 (MiB)", arg);
		w->ring_bytes = mib << 20;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_watch(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_INIT)
		return parse(key, arg, state);
	state->child_inputs[0] = state->input;
	return 0;
}

static const struct argp live_argp = { live_options, parse, NULL, NULL, NULL, NULL, NULL };
static const struct argp_child live_children[] = { { &live_argp, 0, NULL, 0 }, { 0 } };
static const struct argp watch_argp = { options, parse_watch, NULL, NULL, live_children, NULL, NULL };
static const struct argp read_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

const struct argp_child watch_argp_children[] = {
	{ &watch_argp, 0, "What to watch:", 10 },
	{ 0 },
};

const struct argp_child read_argp_children[] = {
	{ &read_argp, 0, "What to read:", 10 },
	{ 0 },
};

void watch_options_init(struct watch_options *w)
{
	memset(w, 0, sizeof(*w));
	w->idle_ns = IDLE_DEFAULT_NS;
}

void take_operand(struct argp_state *state, const char **file, char ***command)
{
	int at = state->next - 1; /* argp has passed over it */

	if (state->quoted && at >= state->quoted) {
		if (*file)
			refuse(state, "either a recording (%s) or a command to run", *file);
		*command = state->argv + at;
		state->next = state->argc;
		return;
	}
	if (*file)
		refuse(state, "one recording at a time; a command to run stands behind --: "
			     "-- %s ...", *file);
	*file = state->argv[at];
}

static struct source *open_usbmon(enum watch_source which, const struct source_config *config,
				  struct fault *fault)
{
	if (!config->full)
		return which == WATCH_USBMON ? source_open_usbmon(config, fault)
					     : source_open_usbmon_text(config, fault);
	fault_set(fault, "--level full needs BPF: usbmon tells submissions and completions only");
	return NULL;
}

/* BPF cannot run on this kernel, for the reason that `why` has. */
static struct source *fall_back(const struct machine *m, const struct source_config *config,
				const struct fault *why, struct fault *fault)
{
	struct fault no_device = { "" };
	struct source *src = NULL;
	const char *by = "usbmon";

	if (m->usbmon_device)
		src = source_open_usbmon(config, &no_device);
	if (!src && m->usbmon_debugfs) {
		by = "usbmon's text interface, which loses events on a busy bus,";
		src = source_open_usbmon_text(config, fault);
	}
	if (src)
		tell("note: %s. Watching by %s instead: service, giveback and handler times, streams, "
		     "callers and what was in flight before are n/a", why->text, by);
	else if (m->usbmon_device)
		*fault = no_device;
	else if (!m->usbmon_debugfs)
		fault_set(fault, "%.400s; or modprobe usbmon, which serves as well", why->text);
	return src;
}

static struct source *open_live(const struct watch_options *w, const struct source_config *config,
				struct fault *fault)
{
	struct fault why = { "" };
	struct source *src;
	struct machine m;

	if (w->from.given || w->to.given) {
		fault_set(fault, "--from and --until are parts of a recording: a live run begins now, and --seconds "
				 "ends it");
		return NULL;
	}
	if (w->source == WATCH_USBMON || w->source == WATCH_USBMON_TEXT)
		return open_usbmon(w->source, config, fault);
	machine_look(&m);
	/* both sources need root: who lacks it is told so, not served with less */
	if (w->source != WATCH_AUTO || !m.cap_bpf)
		return source_open_bpf(config, fault);
	if (machine_lacks_bpf(&m)) {
		machine_forbids_bpf(&m, false, &why);
		return fall_back(&m, config, &why, fault);
	}
	src = source_open_bpf(config, &why);
	if (!src && errno == EOPNOTSUPP)
		return fall_back(&m, config, &why, fault);
	if (!src)
		*fault = why;
	return src;
}

static void resolve(struct watch_moment *m, uint64_t length_ns)
{
	if (!m->from_end)
		return;
	m->ns = m->ns < length_ns ? length_ns - m->ns : 0;
	m->from_end = false;
}

int watch_resolve(struct watch_options *w, const char *operand, struct fault *fault)
{
	struct extent extent;
	int err = 1;

	if (!operand || (!w->from.from_end && !w->to.from_end))
		return 0;
	if (extent_open(&extent, operand, fault))
		return -EINVAL;
	while (err > 0)
		err = extent_go_on(&extent, fault);
	if (!err) {
		resolve(&w->from, extent.length_ns);
		resolve(&w->to, extent.length_ns);
	}
	extent_close(&extent);
	return err;
}

/* A recording, or the part of it that is asked for. */
static struct source *open_recording(const struct watch_options *asked, const char *path,
				     struct source_config *config, struct fault *fault)
{
	struct watch_options w = *asked;
	struct source_range range = { .to_ns = UINT64_MAX };
	struct source *src;

	if (watch_resolve(&w, path, fault))
		return NULL;
	range.from_ns = w.from.ns;
	if (w.to.given)
		range.to_ns = w.to.ns;
	if (range.to_ns <= range.from_ns) {
		fault_set(fault, "%s: nothing lies between --from %.9gs and --until %.9gs", path,
			  range.from_ns / 1e9, range.to_ns / 1e9);
		return NULL;
	}
	config->from_ns = range.from_ns;
	src = source_open_recording(path, config, fault);
	return src && (w.from.given || w.to.given) ? source_open_range(src, &range, fault) : src;
}

struct source *watch_open(const struct watch_options *w, const char *operand, struct fault *fault)
{
	struct source_config config = {
		.selectors = w->selectors,
		.selector_cnt = w->selector_cnt,
		.full = w->full,
		.slots = w->slots,
		.kprobes = w->source == WATCH_KPROBE,
		.ring_bytes = w->ring_bytes,
	};

	return operand ? open_recording(w, operand, &config, fault) : open_live(w, &config, fault);
}

struct source *watch_open_several(const struct watch_options *w, const char *first,
				  const char *const *more, size_t more_cnt, struct fault *fault)
{
	struct source *srcs[1 + WATCH_MORE], *all = NULL;
	size_t cnt = 0;

	if (w->from.given || w->to.given) {
		fault_set(fault, "--from and --until are of one recording: take the parts of each first");
		return NULL;
	}
	for (; cnt <= more_cnt; cnt++) {
		srcs[cnt] = watch_open(w, cnt ? more[cnt - 1] : first, fault);
		if (!srcs[cnt])
			break;
	}
	if (cnt > more_cnt)
		all = source_open_merge(srcs, cnt, fault);
	while (!all && cnt)
		source_close(srcs[--cnt]);
	return all;
}

void watch_remark(const struct source *src)
{
	const struct source_info *info = source_info(src);

	if (info->broken_off)
		tell("note: %s broke off%s%s%s: what is told ends with its last whole event",
		     strcmp(info->path, "-") ? info->path : "standard input", info->missing ? " (" : "",
		     info->missing ? info->missing : "", info->missing ? ")" : "");
	if (info->damaged)
		tell("note: %s is damaged in %llu place%s: what is missing there counts as lost",
		     strcmp(info->path, "-") ? info->path : "standard input",
		     (unsigned long long)info->damaged, info->damaged == 1 ? "" : "s");
	if (source_late(src))
		tell("note: %llu events came too late to be put in order; depths at those moments are not "
		     "exact", (unsigned long long)source_late(src));
}
