// SPDX-License-Identifier: GPL-2.0
/* What people chose, as lines of `key = value`. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/out.h"
#include "sink/top/view.h"

#define LINE 1024
#define KEPT_MAX 65536

struct flag {
	const char *key;
	size_t at;
	bool inverted;
};

#define FLAG(k, field, inv) {.key = (k), .at = offsetof(struct top_choices, field), .inverted = (inv)}

static const struct flag flags[] = {
	FLAG("tree", flat, true), FLAG("hide-idle", show_idle, true), FLAG("streams", streams, false),
	FLAG("reverse", reverse, false), FLAG("mouse", no_mouse, true),
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static bool *flag_of(const struct top_choices *choices, const struct flag *flag)
{
	return (bool *)((uintptr_t)choices + flag->at);
}

static bool read_flag(struct top_choices *choices, const char *key, const char *value)
{
	bool yes = !strcmp(value, "yes");
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (strcmp(flags[i].key, key) || (!yes && strcmp(value, "no")))
			continue;
		*flag_of(choices, &flags[i]) = yes != flags[i].inverted;
		return true;
	}
	return false;
}

/* Columns of other versions are left out; one known is enough. */
static bool read_columns(struct top_choices *choices, char *value)
{
	struct top_choices read = {.column_cnt = 0};
	char *word, *rest = value;
	bool seen[TABLE_MAX_COLUMNS] = {false}, all = true;

	while ((word = strsep(&rest, " \t,"))) {
		int column = *word ? column_named(word) : -1;

		if (!*word)
			continue;
		if (column < 0 || seen[column]) {
			all = false;
			continue;
		}
		seen[column] = true;
		read.column[read.column_cnt++] = (uint8_t)column;
	}
	if (!read.column_cnt)
		return false;
	memcpy(choices->column, read.column, sizeof(read.column));
	choices->column_cnt = read.column_cnt;
	return all;
}

static bool read_pair(struct top_choices *choices, const char *key, char *value)
{
	int column;

	if (!strcmp(key, "columns"))
		return read_columns(choices, value);
	if (strcmp(key, "sort"))
		return read_flag(choices, key, value);
	column = column_named(value);
	if (column >= 0)
		choices->sort = (uint8_t)column;
	return column >= 0;
}

static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static bool read_line(struct top_choices *choices, const char *line)
{
	char copy[LINE], *value;

	snprintf(copy, sizeof(copy), "%s", line);
	value = strchr(copy, '=');
	if (!value)
		return false;
	*value++ = '\0';
	return read_pair(choices, trim(copy), trim(value));
}

static int keep(struct top_view *view, const char *line)
{
	size_t had = view->kept ? strlen(view->kept) : 0, more = strlen(line);
	char *kept;

	if (had + more + 2 > KEPT_MAX)
		return 0;
	kept = realloc(view->kept, had + more + 2);
	if (!kept)
		return -ENOMEM;
	memcpy(kept + had, line, more + 1);
	if (!more || line[more - 1] != '\n')
		memcpy(kept + had + more, "\n", 2);
	view->kept = kept;
	return 0;
}

int top_config_read(struct top_view *view, FILE *in)
{
	char line[LINE], said[160] = "";
	int number = 0, bad = 0, first = 0, err = 0;

	while (!err && fgets(line, sizeof(line), in)) {
		const char *at = line + strspn(line, " \t\r\n");

		number++;
		if (*at && *at != '#' && read_line(&view->choices, line))
			continue;
		if (!strncmp(line, "# urbtop:", 9))
			continue;	/* ours, written anew */
		err = keep(view, line);
		if (!*at || *at == '#')
			continue;
		first = bad++ ? first : number;
	}
	view->read = view->choices;
	if (bad) {
		snprintf(said, sizeof(said), "%d line%s of the configuration not understood, from "
			 "line %d on: kept as they are", bad, bad == 1 ? "" : "s", first);
		top_say(view, said);
	}
	return err;
}

int top_config_write(const struct top_view *view, FILE *out)
{
	const struct top_choices *c = &view->choices;
	size_t i;

	/* first, so that what is chosen counts where both say something */
	if (view->kept)
		fputs(view->kept, out);
	fprintf(out, "# urbtop: its own choices; other lines are kept\n");
	for (i = 0; i < FLAGS; i++)
		fprintf(out, "%s = %s\n", flags[i].key,
			*flag_of(c, &flags[i]) != flags[i].inverted ? "yes" : "no");
	fprintf(out, "sort = %s\ncolumns =", top_columns[c->sort].key);
	for (i = 0; i < c->column_cnt; i++)
		fprintf(out, " %s", top_columns[c->column[i]].key);
	fputc('\n', out);
	return out_finish(out);
}

bool top_config_changed(const struct top_view *view)
{
	const struct top_choices *a = &view->choices, *b = &view->read;
	size_t i;

	for (i = 0; i < FLAGS; i++)
		if (*flag_of(a, &flags[i]) != *flag_of(b, &flags[i]))
			return true;
	return a->sort != b->sort || a->column_cnt != b->column_cnt ||
	       memcmp(a->column, b->column, a->column_cnt);
}
