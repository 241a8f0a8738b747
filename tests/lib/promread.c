// SPDX-License-Identifier: GPL-2.0
#include "promread.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "exposition: %s\n", what);
	abort();
}

/* --- text ----------------------------------------------------------------------------------- */

static int by_series(const void *a, const void *b)
{
	return strcmp(((const struct prom_sample *)a)->series,
		      ((const struct prom_sample *)b)->series);
}

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Where the value begins: behind the labels, in which quotes are escaped. */
static char *value_in(char *line)
{
	bool quoted = false;
	char *s;

	for (s = line; *s && (quoted || *s != ' '); s++) {
		if (quoted && *s == '\\') {
			s++;
			need(*s == '\\' || *s == '"' || *s == 'n', "a wrong escape");
		} else if (*s == '"') {
			quoted = !quoted;
		}
	}
	need(*s == ' ' && s[1], "a line without a value");
	*s = '\0';
	return s + 1;
}

/* Families that were begun: a second TYPE of one is an error, and so is a sample of another. */
struct families {
	char *names[256];
	size_t cnt;
};

static void begin_family(struct families *f, const char *type_line)
{
	char name[128];

	need(sscanf(type_line, "# TYPE %127s", name) == 1, "a TYPE without a name");
	for (size_t i = 0; i < f->cnt; i++)
		need(strcmp(f->names[i], name), "a family twice");
	need(f->cnt < 256, "too many families");
	f->names[f->cnt++] = strdup(name);
}

void prom_text_read(struct prom_text *text, const char *s, size_t len)
{
	char *copy = strndup(s, len), *rest = copy, *line;
	struct families families = { .cnt = 0 };
	size_t room = 0;

	*text = (struct prom_text){ 0 };
	need(len && s[len - 1] == '\n' && strlen(copy) == len, "no last line end, or a NUL");
	while ((line = strsep(&rest, "\n")) && rest) {
		struct prom_sample *sample;

		if (begins(line, "# TYPE "))
			begin_family(&families, line);
		if (line[0] == '#')
			continue;
		need(families.cnt && begins(line, families.names[families.cnt - 1]),
		     "a sample outside of its family");
		if (text->cnt == room) {
			room = room ? room * 2 : 256;
			text->sample = realloc(text->sample, room * sizeof(*text->sample));
		}
		sample = &text->sample[text->cnt++];
		sample->value = strdup(value_in(line));
		sample->series = strdup(line);
	}
	qsort(text->sample, text->cnt, sizeof(*text->sample), by_series);
	for (size_t i = 1; i < text->cnt; i++)
		need(by_series(&text->sample[i - 1], &text->sample[i]), "a series twice");
	for (size_t i = 0; i < families.cnt; i++)
		free(families.names[i]);
	free(copy);
}

void prom_text_release(struct prom_text *text)
{
	for (size_t i = 0; i < text->cnt; i++) {
		free(text->sample[i].series);
		free(text->sample[i].value);
	}
	free(text->sample);
	*text = (struct prom_text){ 0 };
}

const char *prom_value(const struct prom_text *text, const char *series)
{
	struct prom_sample key = { .series = (char *)series }, *found;

	found = bsearch(&key, text->sample, text->cnt, sizeof(key), by_series);
	return found ? found->value : NULL;
}

uint64_t prom_sum(const struct prom_text *text, const char *beginning)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < text->cnt; i++)
		if (begins(text->sample[i].series, beginning))
			sum += strtoull(text->sample[i].value, NULL, 10);
	return sum;
}

/* --- protobuf ------------------------------------------------------------------------------- */

struct bytes {
	const uint8_t *at, *end;
};

struct field {
	unsigned int number, wire;
	uint64_t value;		/* wire 0 and 1 */
	struct bytes bytes;	/* wire 2 */
};

static uint64_t varint(struct bytes *b)
{
	uint64_t value = 0;

	for (unsigned int shift = 0;; shift += 7) {
		need(b->at < b->end && shift < 64, "a broken varint");
		value |= (uint64_t)(*b->at & 0x7f) << shift;
		if (!(*b->at++ & 0x80))
			return value;
	}
}

static struct bytes take(struct bytes *b, uint64_t len)
{
	struct bytes part = { b->at, b->at + len };

	need(len <= (uint64_t)(b->end - b->at), "a length beyond the end");
	b->at += len;
	return part;
}

static bool next(struct bytes *b, struct field *f)
{
	uint64_t tag;

	if (b->at == b->end)
		return false;
	tag = varint(b);
	*f = (struct field){ .number = (unsigned int)(tag >> 3), .wire = tag & 7 };
	if (f->wire == 0)
		f->value = varint(b);
	else if (f->wire == 1)
		memcpy(&f->value, take(b, 8).at, 8);
	else if (f->wire == 2)
		f->bytes = take(b, varint(b));
	else
		need(false, "an unknown wire type");
	return true;
}

static double real(const struct field *f)
{
	double value;

	need(f->wire == 1, "not a double");
	memcpy(&value, &f->value, sizeof(value));
	return value;
}

static int64_t zigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static bool equals(struct bytes b, const char *text)
{
	return (size_t)(b.end - b.at) == strlen(text) && !memcmp(b.at, text, strlen(text));
}

static void read_classic(struct prom_native *n, struct bytes b)
{
	size_t i = n->classic_cnt++;
	struct field f;

	need(i < 64, "too many classic buckets");
	n->classic[i].cumulative = 0;
	while (next(&b, &f)) {
		if (f.number == 1)
			n->classic[i].cumulative = f.value;
		else if (f.number == 2)
			n->classic[i].le = real(&f);
	}
}

/* Field 12: spans of indices; their buckets come in field 13, in order. */
static void read_span(struct prom_native *n, struct bytes b)
{
	int64_t index = n->cnt ? n->bucket[n->cnt - 1].index + 1 : 0;
	uint64_t length = 0;
	struct field f;

	while (next(&b, &f)) {
		if (f.number == 1)
			index += zigzag(f.value);
		else if (f.number == 2)
			length = f.value;
	}
	need(length && n->cnt + length <= PROM_BUCKETS, "a wrong span");
	while (length--) {
		n->bucket[n->cnt].count = 0;
		n->bucket[n->cnt++].index = index++;
	}
}

static void read_histogram(struct prom_native *n, struct bytes b)
{
	uint64_t count = 0, all = 0;
	size_t delta = 0;
	struct field f;

	while (next(&b, &f)) {
		switch (f.number) {
		case 1: n->count = f.value; break;
		case 2: n->sum = real(&f); break;
		case 3: read_classic(n, f.bytes); break;
		case 5: n->schema = zigzag(f.value); break;
		case 6: n->zero_threshold = real(&f); break;
		case 7: n->zero = f.value; break;
		case 12: read_span(n, f.bytes); break;
		case 13:
			need(delta < n->cnt, "more buckets than spans have");
			count += (uint64_t)zigzag(f.value);
			n->bucket[delta++].count = count;
			all += count;
			break;
		}
	}
	need(delta == n->cnt, "fewer buckets than spans have");
	need(all + n->zero == n->count, "buckets do not add up to the count");
}

/* A Metric: does a label have that value? */
static bool read_metric(struct prom_native *n, struct bytes b, const char *value)
{
	struct bytes histogram = { 0 };
	bool wanted = false;
	struct field f, label;

	while (next(&b, &f)) {
		if (f.number == 7)
			histogram = f.bytes;
		while (f.number == 1 && next(&f.bytes, &label))
			wanted |= label.number == 2 && equals(label.bytes, value);
	}
	if (!wanted || !histogram.at)
		return false;
	read_histogram(n, histogram);
	return true;
}

void prom_native_read(struct prom_native *native, const void *data, size_t len, const char *family,
		      const char *value)
{
	struct bytes all = { data, (const uint8_t *)data + len };
	bool found = false;

	memset(native, 0, sizeof(*native));
	while (all.at < all.end) {
		struct bytes b = take(&all, varint(&all));
		bool wanted = false;
		struct field f;

		while (next(&b, &f)) {
			if (f.number == 1)
				wanted = equals(f.bytes, family);
			else if (f.number == 4 && wanted && !found)
				found = read_metric(native, f.bytes, value);
		}
	}
	need(found, "no such histogram");
}

void prom_native_merge(struct prom_native *native, const struct prom_native *other)
{
	struct prom_native sum = *native;
	size_t i = 0, k = 0;

	need(native->schema == other->schema || !native->count, "schemas differ");
	sum.schema = other->schema;
	sum.count += other->count;
	sum.zero += other->zero;
	sum.sum += other->sum;
	sum.cnt = 0;
	while (i < native->cnt || k < other->cnt) {
		int64_t a = i < native->cnt ? native->bucket[i].index : INT64_MAX;
		int64_t b = k < other->cnt ? other->bucket[k].index : INT64_MAX;

		need(sum.cnt < PROM_BUCKETS, "too many buckets");
		sum.bucket[sum.cnt].index = a < b ? a : b;
		sum.bucket[sum.cnt].count = (a <= b ? native->bucket[i].count : 0) +
					    (b <= a ? other->bucket[k].count : 0);
		i += a <= b;
		k += b <= a;
		sum.cnt++;
	}
	*native = sum;
}

int64_t prom_native_rank(const struct prom_native *native, uint64_t rank)
{
	uint64_t below = native->zero;

	if (below >= rank)
		return INT64_MIN;
	for (size_t i = 0; i < native->cnt; i++) {
		below += native->bucket[i].count;
		if (below >= rank)
			return native->bucket[i].index;
	}
	need(false, "a rank over the count");
	return 0;
}
