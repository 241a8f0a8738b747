// SPDX-License-Identifier: GPL-2.0
/* What there is of the run, of the agent and of checks. */
#include "sink/expose/families.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct family build = { "urbscope_build", FAMILY_INFO, NULL,
	"The version of urbscope." };
static const struct family source_info = { "urbscope_source", FAMILY_INFO, NULL,
	"Where the events come from, by which clock, and how much is seen of each URB." };
static const struct family start_time = { "urbscope_start_time_seconds", FAMILY_GAUGE, "seconds",
	"When watching began, since 1970." };
static const struct family events = { "urbscope_events", FAMILY_COUNTER, NULL,
	"Events of all endpoints, by what happened to the URB." };
static const struct family lost = { "urbscope_lost_events", FAMILY_COUNTER, NULL,
	"Events that are known to be lost." };
static const struct family skipped = { "urbscope_skipped_events", FAMILY_COUNTER, NULL,
	"Records that were read and not understood." };
static const struct family dropped = { "urbscope_endpoints_dropped", FAMILY_COUNTER, NULL,
	"Endpoints that found no room: their events count as lost." };

static const struct family assertion_state = { "urbscope_assertion_state", FAMILY_GAUGE, NULL,
	"1 for the verdict that holds by now, 0 for the others." };
static const struct family violations = { "urbscope_assertion_violations", FAMILY_COUNTER, NULL,
	"How often an assertion was violated." };

static const struct family cpu = { "process_cpu_seconds", FAMILY_COUNTER, "seconds",
	"Time of the processor that the agent took, user and system." };
static const struct family resident = { "process_resident_memory_bytes", FAMILY_GAUGE, "bytes",
	"Resident memory of the agent." };
static const struct family open_fds = { "process_open_fds", FAMILY_GAUGE, NULL,
	"Open file descriptors of the agent." };
static const struct family process_start = { "process_start_time_seconds", FAMILY_GAUGE, "seconds",
	"When the agent was started, since 1970." };
static const struct family scrapes = { "urbscope_scrapes", FAMILY_COUNTER, NULL,
	"Scrapes that were answered, by format." };
static const struct family scrape_duration = { "urbscope_scrape_duration_seconds", FAMILY_SUMMARY,
	"seconds", "What scrapes took, from the snapshot to the last byte formatted." };
static const struct family requests = { "urbscope_http_requests", FAMILY_COUNTER, NULL,
	"Answers to HTTP requests, by status code." };

void put_end(struct writer *w)
{
	if (w->family)
		w->ops->end(w);
	w->family = NULL;
}

void put_begin(struct writer *w, const struct family *family)
{
	if (w->family == family)
		return;
	put_end(w);
	w->family = family;
	w->name_len = strlen(family->name);
	w->family_at = w->out->len;
	w->ops->begin(w);
}

void put_value(struct writer *w, const struct family *family, const struct labels *base,
	       const struct label *extra, struct value value)
{
	put_begin(w, family);
	w->ops->value(w, base, extra, value);
}

/* A sample with labels of its own. */
static void put_labelled(struct writer *w, const struct family *family, const struct label *label,
			 size_t cnt, struct value value)
{
	struct labels labels;

	if (labels_init(&labels, label, cnt)) {
		w->failed = true;
		return;
	}
	put_value(w, family, &labels, NULL, value);
	labels_release(&labels);
}

static void put_one(struct writer *w, const struct family *family, const char *name,
		    const char *value, uint64_t number)
{
	struct label label = { name, value };

	put_labelled(w, family, &label, 1, units(number));
}

void put_source(struct writer *w, const struct snapshot *snap, const struct run_counters *c,
	     const struct expose_agent *agent)
{
	put_one(w, &build, "version", agent->version, 1);
	if (snap) {
		struct label label[] = { { "kind", snap->source.kind },
					 { "clock", snap->source.clock },
					 { "level", agent->level } };

		put_labelled(w, &source_info, label, 3, units(1));
	}
	if (agent->start_wall_ns)
		put_value(w, &start_time, NULL, NULL, seconds(agent->start_wall_ns));
	if (!snap)
		return;
	put_one(w, &events, "kind", "submit", c->submit.shown);
	put_one(w, &events, "kind", "complete", c->complete.shown);
	put_one(w, &events, "kind", "refused", c->refused.shown);
	if (!snap->source.silent)
		put_value(w, &lost, NULL, NULL, units(c->lost.shown));
	put_value(w, &skipped, NULL, NULL, units(c->skipped.shown));
	put_value(w, &dropped, NULL, NULL, units(c->dropped.shown));
}

/* The worst comes last in enum verdict. */
struct named_result {
	const char *name;
	char *text;		/* the label: those of the same one are one */
	enum verdict verdict;
	uint64_t violations;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct named_result *)a)->text,
		      ((const struct named_result *)b)->text);
}

static size_t merge_results(struct named_result *result, size_t cnt)
{
	size_t kept = 0;

	qsort(result, cnt, sizeof(*result), by_text);
	for (size_t i = 0; i < cnt; i++) {
		struct named_result *last = kept ? &result[kept - 1] : NULL;

		if (!last || strcmp(last->text, result[i].text)) {
			if (kept != i) {
				char *text = result[kept].text;

				result[kept] = result[i];
				result[i].text = text;
			}
			kept++;
			continue;
		}
		if (result[i].verdict > last->verdict)
			last->verdict = result[i].verdict;
		last->violations += result[i].violations;
	}
	return kept;
}

static void put_results(struct writer *w, const struct named_result *result, size_t cnt)
{
	static const char *const verdicts[] = { "pass", "inconclusive", "fail" };

	for (size_t i = 0; i < cnt; i++) {
		for (unsigned int v = 0; v < 3; v++) {
			struct label label[] = { { "assertion", result[i].name },
						 { "verdict", verdicts[v] } };

			put_labelled(w, &assertion_state, label, 2, units(v == result[i].verdict));
		}
	}
	for (size_t i = 0; i < cnt; i++)
		put_one(w, &violations, "assertion", result[i].name, result[i].violations);
}

static void put_assertions(struct writer *w, const struct expose_agent *agent)
{
	size_t cnt = agent->assertion_cnt;
	struct named_result *result = cnt ? calloc(cnt, sizeof(*result)) : NULL;
	bool failed = cnt && !result;

	for (size_t i = 0; i < cnt && !failed; i++) {
		const struct expose_assertion *a = &agent->assertions[i];
		char clean[LABEL_MAX];

		label_clean(clean, a->name);
		result[i] = (struct named_result){ a->name, strdup(clean), a->verdict,
						   a->violations };
		failed = !result[i].text;
	}
	if (!failed && cnt)
		put_results(w, result, merge_results(result, cnt));
	for (size_t i = 0; result && i < cnt; i++)
		free(result[i].text);
	free(result);
	w->failed |= failed;
}

static void put_process(struct writer *w, const struct expose_agent *agent)
{
	if (!agent->process.start_wall_ns)
		return;
	put_value(w, &cpu, NULL, NULL, seconds(agent->process.cpu_ns));
	put_value(w, &resident, NULL, NULL, units(agent->process.resident_bytes));
	put_value(w, &open_fds, NULL, NULL, units(agent->process.open_fds));
	put_value(w, &process_start, NULL, NULL, seconds(agent->process.start_wall_ns));
}

void put_agent(struct writer *w, const struct expose_agent *agent)
{
	put_assertions(w, agent);
	put_process(w, agent);
	for (int i = 0; i < EXPOSE_FORMATS; i++)
		put_one(w, &scrapes, "format", expose_format_name(i), agent->scrapes[i]);
	put_begin(w, &scrape_duration);
	w->ops->summary(w, agent->scrape_cnt, seconds(agent->scrape_ns));
	for (size_t i = 0; i < agent->code_cnt; i++) {
		char code[16];

		snprintf(code, sizeof(code), "%u", agent->codes[i].code);
		put_one(w, &requests, "code", code, agent->codes[i].requests);
	}
}
