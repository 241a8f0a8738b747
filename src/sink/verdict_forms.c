// SPDX-License-Identifier: GPL-2.0
/* Verdicts for programs that run tests: TAP, JUnit XML, annotations of a hosted CI. */
#include "urbscope/verdict.h"

#include <inttypes.h>
#include <string.h>

#include "sink/out.h"
#include "sink/verdict_words.h"
#include "sink/xml_text.h"
#include "urbscope/text.h"

/* A line each: "first at ...", the transfers around it, what to look at. */
static void put_details(const struct check_result *r, uint64_t start, const char *indent,
			void (*put)(FILE *out, const char *text), const char *end, FILE *out)
{
	const char *advice = result_advice(r);
	char line[256];

	if (r->has_scene) {
		scene_sentence(r, start, line, sizeof(line));
		fprintf(out, "%sfirst ", indent);
		put(out, line);
		fputs(end, out);
		for (uint32_t i = 0; i < r->scene.cnt; i++) {
			moment_line(&r->scene.moments[i], start, line, sizeof(line));
			fputs(indent, out);
			put(out, line);
			fputs(end, out);
		}
	}
	if (advice) {
		fprintf(out, "%slook: ", indent);
		put(out, advice);
		fputs(end, out);
	}
}

static void put_clean(FILE *out, const char *text)
{
	char clean[1024];

	text_clean_copy(clean, sizeof(clean), text, true);
	fputs(clean, out);
}

/* '#' begins a directive, '\' escapes. */
static void put_tap(FILE *out, const char *text)
{
	char clean[1024];

	text_clean_copy(clean, sizeof(clean), text, true);
	for (const char *s = clean; *s; s++) {
		if (*s == '#' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
}

/* A test name has no '#': KTAP knows no escapes. */
static void put_ktap(FILE *out, const char *text)
{
	char clean[1024];

	text_clean_copy(clean, sizeof(clean), text, true);
	for (char *s = clean; *s; s++)
		*s = *s == '#' ? '.' : *s;
	fputs(clean, out);
}

int verdict_tap(const struct check_report *report, bool ktap, FILE *out)
{
	char text[640];

	fprintf(out, "%s\n1..%zu\n", ktap ? "KTAP version 1" : "TAP version 14", report->cnt);
	for (size_t i = 0; i < report->cnt; i++) {
		const struct check_result *r = &report->results[i];

		result_name(r, text, sizeof(text));
		fprintf(out, "%s %zu %s", r->verdict == VERDICT_HOLDS ? "ok" : "not ok", i + 1,
			ktap ? "" : "- ");
		(ktap ? put_ktap : put_tap)(out, text);
		result_sentence(r, text, sizeof(text));
		fprintf(out, "\n# %s: ", verdict_name(r->verdict));
		put_clean(out, text);
		fputc('\n', out);
		put_details(r, report->snapshot->start_ns, "#   ", put_clean, "\n", out);
	}
	return out_finish(out);
}

static void put_xml(FILE *out, const char *text)
{
	char clean[1024];

	text_clean_copy(clean, sizeof(clean), text, true);
	for (const char *s = clean; *s; s++) {
		const char *entity = xml_entity((unsigned char)*s);

		if (entity)
			fputs(entity, out);
		else
			fputc(*s, out);
	}
}

static void put_case(const struct check_result *r, uint64_t start, FILE *out)
{
	const char *tag = r->verdict == VERDICT_VIOLATED ? "failure" : "error";
	char text[640];

	fputs("  <testcase classname=\"urbscope.check\" name=\"", out);
	result_name(r, text, sizeof(text));
	put_xml(out, text);
	result_sentence(r, text, sizeof(text));
	if (r->verdict == VERDICT_HOLDS) {
		fputs("\"><system-out>", out);
		put_xml(out, text);
		fputs("</system-out></testcase>\n", out);
		return;
	}
	fprintf(out, "\">\n    <%s type=\"%s\" message=\"", tag, verdict_name(r->verdict));
	put_xml(out, text);
	fputs("\">", out);
	put_details(r, start, "", put_xml, "\n", out);
	fprintf(out, "</%s>\n  </testcase>\n", tag);
}

int verdict_junit(const struct check_report *report, FILE *out)
{
	const struct snapshot *snap = report->snapshot;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<testsuite name=\"urbscope check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		     "time=\"%.3f\">\n",
		report->cnt, report->violated, report->inconclusive,
		(double)(snap->end_ns - snap->start_ns) / 1e9);
	for (size_t i = 0; i < report->cnt; i++)
		put_case(&report->results[i], snap->start_ns, out);
	fputs("</testsuite>\n", out);
	return out_finish(out);
}

/* '%' and line ends are written by their codes; in a title ':' and ',' too. */
static void put_annotation(FILE *out, const char *text)
{
	char clean[1024];

	text_clean_copy(clean, sizeof(clean), text, true);
	for (const char *s = clean; *s; s++) {
		if (strchr("%:,", *s))
			fprintf(out, "%%%02X", (unsigned int)*s);
		else
			fputc(*s, out);
	}
}

int verdict_annotations(const struct check_report *report, FILE *out)
{
	char text[640];

	for (size_t i = 0; i < report->cnt; i++) {
		const struct check_result *r = &report->results[i];

		if (r->verdict == VERDICT_HOLDS)
			continue;
		fprintf(out, "::%s title=urbscope check %s::",
			r->verdict == VERDICT_VIOLATED ? "error" : "warning", verdict_name(r->verdict));
		result_name(r, text, sizeof(text));
		put_annotation(out, text);
		fputs("%3A ", out);
		result_sentence(r, text, sizeof(text));
		put_annotation(out, text);
		fputs("%0A", out);
		put_details(r, report->snapshot->start_ns, "", put_annotation, "%0A", out);
		fputc('\n', out);
	}
	return out_finish(out);
}
