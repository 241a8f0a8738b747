// SPDX-License-Identifier: GPL-2.0
#include "witness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const event_names[] = {
	[WITNESS_SUBMIT_CALL] = "submit-call",
	[WITNESS_SUBMIT_RETURN] = "submit-return",
	[WITNESS_REAP] = "reap",
	[WITNESS_LAP] = "lap",
	[WITNESS_CANCEL] = "cancel",
	[WITNESS_START] = "start",
	[WITNESS_DONE] = "done",
	[WITNESS_STALL] = "stall",
	[WITNESS_SILENT] = "silent",
};

uint64_t witness_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int witness_init(struct witness *self, uint8_t endpoint, size_t capacity)
{
	*self = (struct witness){ .endpoint = endpoint, .capacity = capacity };
	self->records = malloc(capacity * sizeof(*self->records));
	if (!self->records)
		return -ENOMEM;
	/* Not zeroes: calloc's untouched pages would fault during the run. */
	memset(self->records, 0xff, capacity * sizeof(*self->records));
	return 0;
}

void witness_release(struct witness *self)
{
	free(self->records);
	*self = (struct witness){ 0 };
}

static void count_status(struct witness *self, int status)
{
	unsigned int i;

	for (i = 0; i < self->statuses_cnt; i++) {
		if (self->statuses[i].status == status)
			break;
	}
	if (i == self->statuses_cnt) {
		if (i == WITNESS_STATUSES_MAX)
			return;
		self->statuses[i].status = status;
		self->statuses_cnt++;
	}
	self->statuses[i].cnt++;
}

static void count(struct witness *self, const struct witness_record *what)
{
	switch (what->event) {
	case WITNESS_SUBMIT_CALL:
	case WITNESS_START:
		self->submitted++;
		self->outstanding++;
		if (self->outstanding > self->outstanding_max)
			self->outstanding_max = self->outstanding;
		break;
	case WITNESS_SUBMIT_RETURN:
		if (what->result) {
			self->submitted--;
			self->outstanding--;
		}
		break;
	case WITNESS_REAP:
	case WITNESS_DONE:
		self->completed++;
		self->outstanding--;
		self->bytes += (uint64_t)what->bytes;
		count_status(self, what->status);
		break;
	default:
		break;
	}
}

uint64_t witness_add(struct witness *self, const struct witness_record *what)
{
	uint64_t ns = witness_now_ns();

	count(self, what);
	if (self->cnt == self->capacity) {
		self->unlogged++;
		return ns;
	}
	self->records[self->cnt] = *what;
	self->records[self->cnt++].ns = ns;
	return ns;
}

uint64_t witness_failures(const struct witness *self)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < self->statuses_cnt; i++) {
		if (self->statuses[i].status && self->statuses[i].status != -ENOENT)
			sum += self->statuses[i].cnt;
	}
	return sum;
}

static const char *status_text(int status, char *buf, size_t size)
{
	if (status == WITNESS_STATUS_UNKNOWN)
		return "?";
	snprintf(buf, size, "%d", status);
	return buf;
}

static void write_event(const struct witness_record *r, uint8_t endpoint, FILE *out)
{
	char buf[16];

	fprintf(out, "event %" PRIu64 " 0x%02x %s %" PRIu32 " %u ", r->ns, endpoint,
		event_names[r->event], r->seq, r->slot);
	switch (r->event) {
	case WITNESS_SUBMIT_CALL:
	case WITNESS_START:
		fprintf(out, "- - %" PRId32 "\n", r->bytes);
		break;
	case WITNESS_SUBMIT_RETURN:
		fprintf(out, "%d - -\n", r->result);
		break;
	case WITNESS_REAP:
	case WITNESS_DONE:
		fprintf(out, "%d %s %" PRId32 "\n", r->result,
			status_text(r->status, buf, sizeof(buf)), r->bytes);
		break;
	default:
		fprintf(out, "- - -\n");
	}
}

void witness_write_summary(const struct witness *self, FILE *out)
{
	char buf[16];

	fprintf(out,
		"summary 0x%02x submitted %" PRIu64 " completed %" PRIu64 " bytes %" PRIu64
		" max-outstanding %" PRIu64 " unlogged %" PRIu64 " status ",
		self->endpoint, self->submitted, self->completed, self->bytes,
		self->outstanding_max, self->unlogged);
	for (unsigned int i = 0; i < self->statuses_cnt; i++)
		fprintf(out, "%s%s:%" PRIu64, i ? "," : "",
			status_text(self->statuses[i].status, buf, sizeof(buf)),
			self->statuses[i].cnt);
	fprintf(out, "%s\n", self->statuses_cnt ? "" : "-");
}

/* Each log is in order already: take the oldest head until all are empty. */
int witness_write(const struct witness *logs, unsigned int cnt, const char *comment, FILE *out)
{
	size_t *heads = calloc(cnt, sizeof(*heads));

	if (!heads)
		return -ENOMEM;
	fprintf(out, "# urbscope.workload/1\n# %s\n", comment);
	for (;;) {
		const struct witness *first = NULL;
		unsigned int at = 0;

		for (unsigned int i = 0; i < cnt; i++) {
			if (heads[i] == logs[i].cnt)
				continue;
			if (first && first->records[heads[at]].ns <= logs[i].records[heads[i]].ns)
				continue;
			first = &logs[i];
			at = i;
		}
		if (!first)
			break;
		write_event(&first->records[heads[at]++], first->endpoint, out);
	}
	free(heads);
	for (unsigned int i = 0; i < cnt; i++)
		witness_write_summary(&logs[i], out);
	return fflush(out) ? -errno : 0;
}
