// SPDX-License-Identifier: GPL-2.0
#include "spans.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *array, size_t cnt, size_t *room, size_t size)
{
	if (cnt < *room)
		return array;
	*room = *room ? *room * 2 : 256;
	array = realloc(array, *room * size);
	if (!array)
		abort();
	return array;
}

void spans_add(struct spans *s, uint64_t start_ns, uint64_t end_ns)
{
	s->all = grown(s->all, s->cnt, &s->room, sizeof(*s->all));
	s->all[s->cnt++] = (struct span){ start_ns, end_ns };
}

static int compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t end_of(const struct span *s, uint64_t end_ns)
{
	return s->end_ns == SPAN_OPEN ? end_ns : s->end_ns;
}

static void count_zero(const struct spans *s, uint64_t from, uint64_t to, uint64_t idle_ns,
		       struct span_figures *out)
{
	bool before = false, after = false;

	for (size_t i = 0; i < s->cnt; i++) {
		before |= s->all[i].start_ns <= from;
		after |= s->all[i].start_ns >= to;
	}
	if (!before || !after || to - from >= idle_ns)
		return;
	out->time_ns[0] += to - from;
	out->gap_cnt++;
	if (to - from > out->gap_max_ns)
		out->gap_max_ns = to - from;
}

void spans_compute(const struct spans *s, uint64_t end_ns, uint64_t idle_ns, struct span_figures *out)
{
	uint64_t *moments = calloc(s->cnt + 1, 2 * sizeof(*moments));
	size_t cnt = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < s->cnt; i++) {
		moments[cnt++] = s->all[i].start_ns;
		moments[cnt++] = end_of(&s->all[i], end_ns);
	}
	qsort(moments, cnt, sizeof(*moments), compare_times);
	for (size_t m = 0; m + 1 < cnt; m++) {
		size_t level = 0, next = m + 1;

		while (next + 1 < cnt && moments[next] == moments[m])
			next++;
		for (size_t i = 0; i < s->cnt; i++)
			level += s->all[i].start_ns <= moments[m] &&
				 end_of(&s->all[i], end_ns) > moments[m];
		if (!level && moments[next] > moments[m])
			count_zero(s, moments[m], moments[next], idle_ns, out);
		else if (level < LEVELS)
			out->time_ns[level] += moments[next] - moments[m];
		m = next - 1;
	}
	free(moments);
}

static bool differs(const struct json_value *report, const char *where, const char *what,
		    uint64_t computed)
{
	char path[200];

	snprintf(path, sizeof(path), "%s.%s", where, what);
	if (json_u64_at(report, path) == computed)
		return false;
	printf("%s: %s in the report, %" PRIu64 " computed\n", path, json_text_at(report, path), computed);
	return true;
}

bool spans_differ(const struct span_figures *f, const struct json_value *report, const char *where)
{
	bool any = false;

	for (size_t i = 0; i < LEVELS; i++) {
		char path[40], whole[200];

		snprintf(path, sizeof(path), "depth.time_ns[%zu]", i);
		snprintf(whole, sizeof(whole), "%s.%s", where, path);
		if (f->time_ns[i] || json_text_at(report, whole))
			any |= differs(report, where, path, f->time_ns[i]);
	}
	any |= differs(report, where, "gaps.count", f->gap_cnt);
	any |= differs(report, where, "gaps.total_ns", f->time_ns[0]);
	any |= differs(report, where, "gaps.max_ns", f->gap_max_ns);
	return any;
}

char *slurp(const char *path, size_t *size)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t room = 1 << 16, got;
	char *all = malloc(room);

	*size = 0;
	if (!in || !all)
		return NULL;
	while ((got = fread(all + *size, 1, room - *size - 1, in))) {
		*size += got;
		if (room - *size < 2) {
			room *= 2;
			all = realloc(all, room);
			if (!all)
				abort();
		}
	}
	all[*size] = '\0';
	fclose(in);
	return all;
}

struct json_value *read_report(const char *path)
{
	char error[128] = "cannot be read";
	struct json_value *root = NULL;
	size_t size;
	char *text = slurp(path, &size);

	if (text)
		root = json_read(text, size, error, sizeof(error));
	if (!root)
		fprintf(stderr, "%s: %s\n", path, error);
	free(text);
	return root;
}
