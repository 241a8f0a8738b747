// SPDX-License-Identifier: GPL-2.0
/*
 * io.prometheus.client.MetricFamily, each behind its length. Messages behind one another are one
 * message: so labels are packed once, and a family need not be in memory twice.
 */
#include "sink/expose/protobuf.h"

#include <endian.h>
#include <stdio.h>

#include "prometheus.pb-c.h"
#include "sink/expose/native.h"
#include "sink/expose/out.h"
#include "sink/expose/write.h"

#define VARINT_MAX 10
#define LENGTH(field) ((field) << 3 | 2)	/* what begins with its length */

/* Fields by number, where messages are put together from parts. */
enum { FAMILY_METRIC = LENGTH(4), METRIC_HISTOGRAM = LENGTH(7), HISTOGRAM_BUCKET = LENGTH(3) };
enum { BUCKET_COUNT = 1 << 3, BUCKET_BOUND = 2 << 3 | 1 };

#define BUCKET_MAX (2 + 1 + VARINT_MAX + 1 + sizeof(double))

static size_t put_varint(uint8_t *at, uint64_t value)
{
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		at[len++] = value | 0x80;
	at[len++] = value;
	return len;
}

uint8_t *protobuf_pack_labels(const struct label *label, size_t cnt, size_t *len)
{
	Prom__Metric metric = PROM__METRIC__INIT;
	Prom__LabelPair pair[LABELS_MAX], *pairs[LABELS_MAX];
	char clean[LABELS_MAX][LABEL_MAX];
	uint8_t *packed;

	for (size_t i = 0; i < cnt; i++) {
		label_clean(clean[i], label[i].value);
		prom__label_pair__init(&pair[i]);
		pair[i].name = (char *)label[i].name;
		pair[i].value = clean[i];
		pairs[i] = &pair[i];
	}
	metric.n_label = cnt;
	metric.label = pairs;
	packed = malloc(prom__metric__get_packed_size(&metric) + 1);
	if (packed)
		*len = prom__metric__pack(&metric, packed);
	return packed;
}

/* A family begins with room for its length, which only its end knows. */
static void protobuf_begin(struct writer *w)
{
	static const Prom__MetricType types[] = {
		[FAMILY_COUNTER] = PROM__METRIC_TYPE__COUNTER,
		[FAMILY_GAUGE] = PROM__METRIC_TYPE__GAUGE,
		[FAMILY_INFO] = PROM__METRIC_TYPE__GAUGE,
		[FAMILY_SUMMARY] = PROM__METRIC_TYPE__SUMMARY,
		[FAMILY_HISTOGRAM] = PROM__METRIC_TYPE__HISTOGRAM,
	};
	Prom__MetricFamily family = PROM__METRIC_FAMILY__INIT;
	const struct family *f = w->family;
	char name[128], *at;

	snprintf(name, sizeof(name), "%s%s", f->name, f->kind == FAMILY_COUNTER ? "_total" :
		 f->kind == FAMILY_INFO ? "_info" : "");
	family.name = name;
	family.help = (char *)f->help;
	family.has_type = true;
	family.type = types[f->kind];
	family.unit = (char *)f->unit;
	at = out_room(w->out, VARINT_MAX + prom__metric_family__get_packed_size(&family));
	w->failed |= !at;
	if (at)
		w->out->len += VARINT_MAX +
			       prom__metric_family__pack(&family, (uint8_t *)at + VARINT_MAX);
}

static void protobuf_end(struct writer *w)
{
	char *from = w->out->data + w->family_at;
	uint8_t length[VARINT_MAX];
	size_t size, len;

	if (w->failed)
		return;
	size = w->out->len - w->family_at - VARINT_MAX;
	len = put_varint(length, size);
	memcpy(from, length, len);
	memmove(from + len, from + VARINT_MAX, size);
	w->out->len -= VARINT_MAX - len;
}

static void put_metric(struct writer *w, const struct labels *base, const struct label *extra,
		       const Prom__Metric *metric)
{
	size_t base_len = base ? base->packed_len : 0, extra_len = 0, len;
	uint8_t *packed = extra ? protobuf_pack_labels(extra, 1, &extra_len) : NULL;
	char *at;

	w->failed |= extra && !packed;
	len = base_len + extra_len + prom__metric__get_packed_size(metric);
	at = out_room(w->out, 1 + VARINT_MAX + len);
	w->failed |= !at;
	if (!at || w->failed) {
		free(packed);
		return;
	}
	*at++ = FAMILY_METRIC;
	at += put_varint((uint8_t *)at, len);
	if (base)
		at = append(at, base->packed, base_len);
	if (packed)
		at = append(at, packed, extra_len);
	at += prom__metric__pack(metric, (uint8_t *)at);
	w->out->len = at - w->out->data;
	free(packed);
}

/* To the nearest double: a quotient of integers is rounded once more at most. */
static double in_units(struct value value)
{
	return value.is_ns ? (double)(value.number / 1e9L) : (double)value.number;
}

static void protobuf_value(struct writer *w, const struct labels *base, const struct label *extra,
			   struct value value)
{
	Prom__Metric metric = PROM__METRIC__INIT;
	Prom__Counter counter = PROM__COUNTER__INIT;
	Prom__Gauge gauge = PROM__GAUGE__INIT;

	counter.has_value = gauge.has_value = true;
	counter.value = gauge.value = in_units(value);
	if (w->family->kind == FAMILY_COUNTER)
		metric.counter = &counter;
	else
		metric.gauge = &gauge;
	put_metric(w, base, extra, &metric);
}

static void protobuf_summary(struct writer *w, uint64_t count, struct value sum)
{
	Prom__Metric metric = PROM__METRIC__INIT;
	Prom__Summary summary = PROM__SUMMARY__INIT;

	summary.has_sample_count = summary.has_sample_sum = true;
	summary.sample_count = count;
	summary.sample_sum = in_units(sum);
	metric.summary = &summary;
	put_metric(w, NULL, NULL, &metric);
}

/*
 * Classic buckets are most of what there is to write, and a third of the time if they are messages of
 * the library, each of which is measured and packed by itself.
 */
static size_t pack_buckets(uint8_t *to, const struct bounds *bounds, const struct tally *tally)
{
	uint64_t cumulative[TIME_BOUNDS];
	uint8_t *at = to;

	bounds_count(bounds, tally, cumulative);
	for (size_t i = 0; i < bounds->cnt; i++) {
		uint64_t bound;
		uint8_t *len;

		*at++ = HISTOGRAM_BUCKET;
		len = at++;
		*at++ = BUCKET_COUNT;
		at += put_varint(at, cumulative[i]);
		*at++ = BUCKET_BOUND;
		memcpy(&bound, &bounds->bound[i].value, sizeof(bound));
		bound = htole64(bound);
		memcpy(at, &bound, sizeof(bound));
		at += sizeof(bound);
		*len = at - len - 1;
	}
	return at - to;
}

/* The histogram but for its classic buckets. `spans` and `span` have room for NATIVE_BUCKETS. */
static void fill_histogram(Prom__Histogram *histogram, struct native *native,
			   Prom__BucketSpan *span, Prom__BucketSpan **spans,
			   const struct tally *tally, bool is_time)
{
	native_fill(native, tally, is_time);
	for (size_t i = 0; i < native->span_cnt; i++) {
		prom__bucket_span__init(spans[i] = &span[i]);
		span[i].has_offset = span[i].has_length = true;
		span[i].offset = native->span[i].offset;
		span[i].length = native->span[i].length;
	}
	histogram->has_sample_count = histogram->has_sample_sum = histogram->has_schema = true;
	histogram->has_zero_threshold = histogram->has_zero_count = true;
	histogram->sample_count = tally->count;
	histogram->sample_sum = in_units((struct value){ tally->sum, is_time });
	histogram->schema = NATIVE_SCHEMA;
	histogram->zero_threshold = NATIVE_ZERO;
	histogram->zero_count = native->zero;
	histogram->n_positive_span = native->span_cnt;
	histogram->positive_span = spans;
	histogram->n_positive_delta = native->delta_cnt;
	histogram->positive_delta = native->delta;
}

static void protobuf_histogram(struct writer *w, const struct labels *base,
			       const struct tally *tally, const struct bounds *bounds)
{
	Prom__Histogram histogram = PROM__HISTOGRAM__INIT;
	Prom__BucketSpan span[NATIVE_BUCKETS], *spans[NATIVE_BUCKETS];
	uint8_t buckets[TIME_BOUNDS * BUCKET_MAX], length[VARINT_MAX];
	size_t buckets_len = pack_buckets(buckets, bounds, tally), histogram_len, length_len, len;
	struct native native;
	char *at;

	fill_histogram(&histogram, &native, span, spans, tally, bounds->is_time);
	histogram_len = buckets_len + prom__histogram__get_packed_size(&histogram);
	length_len = put_varint(length, histogram_len);
	len = base->packed_len + 1 + length_len + histogram_len;
	at = out_room(w->out, 1 + VARINT_MAX + len);
	w->failed |= !at;
	if (!at)
		return;
	*at++ = FAMILY_METRIC;
	at += put_varint((uint8_t *)at, len);
	at = append(at, base->packed, base->packed_len);
	*at++ = METRIC_HISTOGRAM;
	at = append(at, length, length_len);
	at = append(at, buckets, buckets_len);
	at += prom__histogram__pack(&histogram, (uint8_t *)at);
	w->out->len = at - w->out->data;
}

static void protobuf_finish(struct writer *w)
{
	(void)w;
}

const struct writer_ops protobuf_writer = {
	.begin = protobuf_begin,
	.value = protobuf_value,
	.summary = protobuf_summary,
	.histogram = protobuf_histogram,
	.end = protobuf_end,
	.finish = protobuf_finish,
};
