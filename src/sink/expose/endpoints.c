// SPDX-License-Identifier: GPL-2.0
/* What there is of each endpoint. */
#include <stdio.h>

#include "sink/expose/families.h"

/* Why a series may lack a counter: it is n/a there, and not 0. */
enum need { NEED_NOTHING, NEED_DEPTH, NEED_IN };

static const struct endpoint_counter {
	struct family family;
	enum need need;
	bool is_ns;
} counters[SERIES_COUNTERS] = {
	[SERIES_SUBMISSIONS] = { { "urbscope_submissions", FAMILY_COUNTER, NULL,
		"URBs that the host controller driver accepted." }, NEED_NOTHING, false },
	[SERIES_COMPLETIONS] = { { "urbscope_completions", FAMILY_COUNTER, NULL,
		"URBs that were given back, whatever their status." }, NEED_NOTHING, false },
	[SERIES_REFUSED] = { { "urbscope_refused_submissions", FAMILY_COUNTER, NULL,
		"Calls of usb_submit_urb() that returned an error." }, NEED_NOTHING, false },
	[SERIES_UNPAIRED] = { { "urbscope_unpaired", FAMILY_COUNTER, NULL,
		"Completions without a submission, and transfers whose end was not seen." },
		NEED_NOTHING, false },
	[SERIES_LOST] = { { "urbscope_endpoint_lost_events", FAMILY_COUNTER, NULL,
		"Events lost that may have been of this endpoint." }, NEED_NOTHING, false },
	[SERIES_BYTES] = { { "urbscope_transferred_bytes", FAMILY_COUNTER, "bytes",
		"Actual lengths of all completed URBs." }, NEED_NOTHING, false },
	[SERIES_BURSTS] = { { "urbscope_bursts", FAMILY_COUNTER, NULL,
		"Stretches of traffic between two idle times." }, NEED_DEPTH, false },
	[SERIES_BUSY_NS] = { { "urbscope_busy_seconds", FAMILY_COUNTER, "seconds",
		"Time with a URB in flight, and gaps." }, NEED_DEPTH, true },
	[SERIES_GAP_NS] = { { "urbscope_gap_seconds", FAMILY_COUNTER, "seconds",
		"Time with none in flight between transfers, shorter than the idle threshold." },
		NEED_DEPTH, true },
	[SERIES_IDLE_NS] = { { "urbscope_idle_seconds", FAMILY_COUNTER, "seconds",
		"Time with none in flight between transfers, of the idle threshold or longer." },
		NEED_DEPTH, true },
	[SERIES_UNPOSTED_NS] = { { "urbscope_unposted_seconds", FAMILY_COUNTER, "seconds",
		"Time in which an IN endpoint could not have sent: no URB was there." },
		NEED_IN, true },
	[SERIES_DEPTH_NS] = { { "urbscope_depth_seconds", FAMILY_COUNTER, "seconds",
		"URBs in flight times seconds; over busy seconds this is the mean depth." },
		NEED_DEPTH, true },
};

static const struct family gap_parts = { "urbscope_gap_part_seconds", FAMILY_COUNTER, "seconds",
	"Time of gaps before, in and after the completion handler, and in usb_submit_urb()." };

static const struct family errors = { "urbscope_errors", FAMILY_COUNTER, NULL,
	"Completions with a status other than 0, by its name." };

static const struct family in_flight = { "urbscope_in_flight", FAMILY_GAUGE, NULL,
	"URBs in flight now; absent while that is not certain." };
static const struct family in_flight_max = { "urbscope_in_flight_max", FAMILY_GAUGE, NULL,
	"The most URBs that were in flight at once since the device was plugged in or watching began." };
static const struct family certain = { "urbscope_endpoint_certain", FAMILY_GAUGE, NULL,
	"0 from a loss of events until it is known again what is in flight, else 1." };

static const struct endpoint_tally {
	struct family family;
	struct bounds bounds;
} tallies[SERIES_TALLIES] = {
	[SERIES_DEPTHS] = { { "urbscope_depth_at_submit", FAMILY_HISTOGRAM, NULL,
		"URBs in flight just after each submission, itself included." },
		{ depth_bounds, DEPTH_BOUNDS, false } },
	[SERIES_GAPS] = { { "urbscope_gap_duration_seconds", FAMILY_HISTOGRAM, "seconds",
		"Lengths of gaps." }, { time_bounds, TIME_BOUNDS, true } },
	[SERIES_LATENCY] = { { "urbscope_latency_seconds", FAMILY_HISTOGRAM, "seconds",
		"From the submission to the completion handler, as far as the source sees them." },
		{ time_bounds, TIME_BOUNDS, true } },
	[SERIES_SERVICE] = { { "urbscope_service_seconds", FAMILY_HISTOGRAM, "seconds",
		"From when the host controller driver accepted a URB until it gave it back." },
		{ time_bounds, TIME_BOUNDS, true } },
	[SERIES_TURNAROUND] = { { "urbscope_turnaround_seconds", FAMILY_HISTOGRAM, "seconds",
		"From the end of the transfer that left a gap to the next submission." },
		{ time_bounds, TIME_BOUNDS, true } },
};

/* All series: those of endpoints, then the sum of the rest. */
static const struct series *series_at(const struct series_table *table, size_t i)
{
	return i < table->cnt ? table->series[i] : table->gone;
}

static size_t series_cnt(const struct series_table *table)
{
	return table->cnt + (table->gone ? 1 : 0);
}

static bool has(const struct series *s, enum need need)
{
	return need == NEED_NOTHING || (s->sees_depth && (need == NEED_DEPTH || s->is_in));
}

static void put_counters(struct writer *w, const struct series_table *table)
{
	for (int k = 0; k < SERIES_COUNTERS; k++) {
		const struct endpoint_counter *c = &counters[k];

		for (size_t i = 0; i < series_cnt(table); i++) {
			const struct series *s = series_at(table, i);
			struct value value = { s->counter[k].shown, c->is_ns };

			if (has(s, c->need))
				put_value(w, &c->family, &s->labels, NULL, value);
		}
	}
}

static void put_errors(struct writer *w, const struct series_table *table)
{
	for (size_t i = 0; i < series_cnt(table); i++) {
		const struct series *s = series_at(table, i);

		for (size_t k = 0; k < s->status_cnt; k++) {
			const struct series_status *status = &s->status[k];
			struct label label = { "status", "other" };
			char number[16];

			if (status->status != STATUS_OTHER)
				label.value = urb_errno_name(status->status);
			if (!label.value) {
				snprintf(number, sizeof(number), "%d", status->status);
				label.value = number;
			}
			put_value(w, &errors, &s->labels, &label, units(status->count.shown));
		}
	}
}

static void put_gap_parts(struct writer *w, const struct series_table *table)
{
	for (size_t i = 0; i < series_cnt(table); i++) {
		const struct series *s = series_at(table, i);

		for (int k = 0; k < GAP_PARTS && s->sees_parts && s->sees_depth; k++) {
			struct label label = { "part", gap_part_name(k) };

			put_value(w, &gap_parts, &s->labels, &label, seconds(s->part_ns[k].shown));
		}
	}
}

static void put_gauges(struct writer *w, const struct series_table *table)
{
	const struct endpoint_figures *ep;

	for (size_t i = 0; i < table->cnt; i++) {
		ep = table->series[i]->now;
		if (ep && ep->certain && ep->depth.seen)
			put_value(w, &in_flight, &table->series[i]->labels, NULL,
				  units(ep->in_flight_now));
	}
	for (size_t i = 0; i < table->cnt; i++) {
		ep = table->series[i]->now;
		if (ep && ep->depth.seen)
			put_value(w, &in_flight_max, &table->series[i]->labels, NULL,
				  units(ep->in_flight_max));
	}
	for (size_t i = 0; i < table->cnt; i++) {
		ep = table->series[i]->now;
		if (ep)
			put_value(w, &certain, &table->series[i]->labels, NULL, units(ep->certain));
	}
}

static void put_tallies(struct writer *w, const struct series_table *table)
{
	for (int k = 0; k < SERIES_TALLIES; k++) {
		for (size_t i = 0; i < series_cnt(table); i++) {
			const struct series *s = series_at(table, i);

			if (!s->sees[k])
				continue;
			put_begin(w, &tallies[k].family);
			w->ops->histogram(w, &s->labels, &s->tally[k], &tallies[k].bounds);
		}
	}
}

void put_endpoints(struct writer *w, const struct series_table *table)
{
	put_counters(w, table);
	put_gap_parts(w, table);
	put_errors(w, table);
	put_gauges(w, table);
	put_tallies(w, table);
}
