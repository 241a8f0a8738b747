// SPDX-License-Identifier: GPL-2.0
/* urbscope export: a run in a form that other programs read. */
#include "export.h"

#include <errno.h>
#include <string.h>

#include "arguments.h"
#include "command.h"
#include "urbscope/packed.h"

/*
 * Where a format has several forms, the first of them is meant unless --of says more; the first
 * format is meant unless --to does.
 */
static const struct export_form forms[] = {
	{ "ndjson", "events", ".ndjson", &export_ndjson_events, "one object of JSON a line" },
	{ "urb", "events", ".urb", &export_urb, "a trace, as `urbscope record` writes it" },
	{ "ndjson", "transfers", ".ndjson", &export_ndjson_transfers, "the columns of csv, exact strings" },
	{ "csv", "transfers", ".csv", &export_csv, "a row a transfer, for tables and databases" },
	{ "pcapng", "events", ".pcapng", &export_pcapng,
	  "a capture for Wireshark, with comments" },
	{ "perfetto", "transfers", ".perfetto-trace", &export_perfetto,
	  "a timeline for ui.perfetto.dev, with a track a URB" },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

struct export {
	struct run_options options;
	const char *format, *of;	/* as asked for; NULL: not */
	const struct export_ops *ops;
	void *self;
};

static const struct argp_option options[] = {
	{ "to", 'T', "FORMAT", 0, "The format. Else the ending of the output's name tells it", 0 },
	{ "of", 'F', "WHAT", 0, "events (each by itself) or transfers (a row each)", 0 },
	{ 0 },
};

const struct export_form *export_form(size_t i)
{
	return i < FORMS ? &forms[i] : NULL;
}

/* A format that has several forms is named once. */
static bool is_first(size_t k)
{
	for (size_t i = 0; i < k; i++) {
		if (!strcmp(forms[i].format, forms[k].format))
			return false;
	}
	return true;
}

const char *export_format_name(size_t i)
{
	for (size_t k = 0; k < FORMS; k++) {
		if (is_first(k) && !i--)
			return forms[k].format;
	}
	return NULL;
}

const char *export_what_name(size_t i)
{
	static const char *const names[] = { "events", "transfers" };

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

static void add(char *buf, size_t size, const char *name)
{
	size_t at = strlen(buf);

	snprintf(buf + at, size - at, "%s%s", at ? ", " : "", name);
}

/* "ndjson, csv" */
static const char *list_formats(char *buf, size_t size)
{
	const char *name;

	buf[0] = '\0';
	for (size_t i = 0; (name = export_format_name(i)); i++)
		add(buf, size, name);
	return buf;
}

static const char *list_forms(const char *format, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < FORMS; i++) {
		if (!strcmp(forms[i].format, format))
			add(buf, size, forms[i].of);
	}
	return buf;
}

static bool has_ending(const char *name, size_t length, const char *ending)
{
	size_t size = strlen(ending);

	return length > size && !memcmp(name + length - size, ending, size);
}

static const char *format_by_name(const char *output)
{
	size_t length = output ? strlen(output) : 0;

	if (packed_by_name(output))
		length -= strlen(".zst");
	for (size_t i = 0; i < FORMS; i++) {
		if (has_ending(output, length, forms[i].ending))
			return forms[i].format;
	}
	return forms[0].format;
}

static const struct export_ops *find(const char *format, const char *of)
{
	for (size_t i = 0; i < FORMS; i++) {
		if (!strcmp(forms[i].format, format) && (!of || !strcmp(forms[i].of, of)))
			return forms[i].ops;
	}
	return NULL;
}

static void choose(struct export *e, struct argp_state *state)
{
	const char *format = e->format ? e->format : format_by_name(e->options.output);
	char buf[128];

	e->ops = find(format, e->of);
	if (!e->ops && !find(format, NULL))
		refuse(state, "--to %s: write %s", format, list_formats(buf, sizeof(buf)));
	else if (!e->ops)
		refuse(state, "--of %s: %s has %s", e->of, format, list_forms(format, buf, sizeof(buf)));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export *e = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &e->options;
		return 0;
	case 'T':
		e->format = arg;
		return 0;
	case 'F':
		e->of = arg;
		return 0;
	case ARGP_KEY_END:
		choose(e, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Writes a run in a form that other programs read: the running kernel's as long as COMMAND "
	"runs, N seconds, or until it is interrupted; or a recording (- is standard input). Several "
	"recordings are put together in order of time.\v"
	"FORMATS\n"
	"@\n\n"
	"EXAMPLES\n"
	"  urbscope export --level full -s driver=mydriver -- ./my-test\n"
	"  urbscope export run.urb -o run.ndjson\n"
	"  urbscope export capture.pcapng -o transfers.csv.zst\n"
	"  urbscope export host.urb board.urb -o both.urb\n"
	"  urbscope export --level full -t 10 -o run.pcapng\n\n"
	"What ends in .zst is packed by zstd.\n\n"
	"EXIT STATUS\n"
	"  0  exported\n"
	"  2  it cannot run: usage, permission, nothing to read, a full disk\n"
	"  4  COMMAND failed; what was seen is exported all the same\n";

/* The table of formats, where `doc` has its mark. */
static char *filter(int key, const char *text, void *input)
{
	const char *mark = key == ARGP_KEY_HELP_POST_DOC && text ? strchr(text, '@') : NULL;
	size_t size;
	char *help;
	FILE *out;

	(void)input;
	if (!mark)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return (char *)text;
	fprintf(out, "%.*s", (int)(mark - text), text);
	for (size_t i = 0; i < FORMS; i++)
		fprintf(out, "  %-9s %-10s %s\n", forms[i].format, forms[i].of, forms[i].help);
	fprintf(out, "%s", mark + 2);
	fclose(out);
	return help;
}

static const struct argp argp = { options, parse, "[FILE... | -- COMMAND...]", doc,
				  run_argp_children, filter, NULL };

const struct argp *export_argp(void)
{
	return &argp;
}

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	struct export *e = ctx;

	if (packed_by_name(run->options->output)) {
		FILE *packed = packed_open(run->out);

		if (!packed)
			return -errno;
		run->out = packed;
	}
	errno = 0;
	e->self = e->ops->open(run, fault);
	if (e->self)
		return 0;
	return errno ? -errno : -EINVAL;
}

static void event(void *ctx, const struct urb_event *ev)
{
	struct export *e = ctx;

	e->ops->event(e->self, ev);
}

static int turn(void *ctx, struct run *run)
{
	struct export *e = ctx;

	(void)run;
	return e->ops->turn(e->self);
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	struct export *e = ctx;

	(void)run, (void)fault;
	return e->ops->end(e->self);
}

static const struct run_job job = {
	.begin = begin,
	.event = event,
	.turn = turn,
	.end = end,
	.reader_may_go = true,
};

int cmd_export(int argc, char **argv)
{
	struct export e = { 0 };
	int code;

	run_options_init(&e.options);
	e.options.several = true;
	arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, &e);
	code = run_execute(&e.options, &job, &e);
	if (e.self)
		e.ops->close(e.self);
	return code;
}
