// SPDX-License-Identifier: GPL-2.0
/* Verdicts as text: what is wrong first, then what is not certain, then what holds. */
#include "urbscope/verdict.h"

#include <string.h>

#include "sink/out.h"
#include "sink/verdict_words.h"
#include "urbscope/text.h"

struct page {
	const struct check_report *report;
	bool utf8;
	FILE *out;
};

static void put(const struct page *p, const char *indent, const char *text)
{
	char clean[1024];

	text_clean_copy(clean, sizeof(clean), text, p->utf8);
	fprintf(p->out, "%s%s\n", indent, clean);
}

static void put_scene(const struct page *p, const struct check_result *r)
{
	uint64_t start = p->report->snapshot->start_ns;
	char line[256];

	scene_sentence(r, start, line, sizeof(line));
	fprintf(p->out, "    first %s\n", line);
	for (uint32_t i = 0; i < r->scene.cnt; i++) {
		moment_line(&r->scene.moments[i], start, line, sizeof(line));
		put(p, i + 1 == r->scene.before_cnt ? "    > " : "      ", line);
	}
}

static void put_result(const struct page *p, const struct check_result *r)
{
	char name[256], sentence[384], line[720];
	const char *advice = result_advice(r);

	result_name(r, name, sizeof(name));
	result_sentence(r, sentence, sizeof(sentence));
	snprintf(line, sizeof(line), "%-13s %s%s%s", verdict_name(r->verdict), name,
		 sentence[0] ? ": " : "", sentence);
	put(p, "", line);
	if (r->has_scene)
		put_scene(p, r);
	if (advice)
		fprintf(p->out, "    look: %s\n", advice);
}

static bool kept_rule(const struct check_result *r)
{
	return r->rule && r->verdict == VERDICT_HOLDS;
}

static void put_note(const struct page *p, const struct check_result *r)
{
	char sentence[384];

	result_sentence(r, sentence, sizeof(sentence));
	put(p, "    note: ", sentence);
}

/* The rules that one endpoint keeps, in one line; returns how many results that takes. */
static size_t put_kept(const struct page *p, size_t i)
{
	const struct check_report *report = p->report;
	const struct check_result *first = &report->results[i];
	const struct check_result *noted = first->streams_asked ? first : NULL;
	char line[512];
	size_t used;

	result_name(first, line, sizeof(line) / 2);
	used = strlen(line);
	fprintf(p->out, "%-13s ", verdict_name(VERDICT_HOLDS));
	for (i++; i < report->cnt; i++) {
		const struct check_result *r = &report->results[i];

		if (r->assertion != first->assertion || r->endpoint != first->endpoint)
			break;
		if (kept_rule(r) && r->streams_asked)
			noted = r;
		if (kept_rule(r) && used < sizeof(line))
			used += (size_t)snprintf(line + used, sizeof(line) - used, ", %s",
						 check_rule_info(r->rule)->name);
	}
	put(p, "", line);
	if (noted)
		put_note(p, noted);
	return i - (size_t)(first - report->results);
}

static void put_all(const struct page *p, enum verdict verdict)
{
	const struct check_report *report = p->report;

	for (size_t i = 0; i < report->cnt; i++) {
		if (report->results[i].verdict != verdict)
			continue;
		if (kept_rule(&report->results[i]))
			i += put_kept(p, i) - 1;
		else
			put_result(p, &report->results[i]);
	}
}

int verdict_text(const struct check_report *report, bool utf8, FILE *out)
{
	static const enum verdict order[] = {
		VERDICT_VIOLATED, VERDICT_INCONCLUSIVE, VERDICT_HOLDS
	};
	struct page page = { report, utf8, out };

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		put_all(&page, order[k]);
	fprintf(out, "%s: %zu hold%s, %zu violated, %zu inconclusive\n", verdict_name(report->verdict),
		report->holds, report->holds == 1 ? "s" : "", report->violated, report->inconclusive);
	return out_finish(out);
}
