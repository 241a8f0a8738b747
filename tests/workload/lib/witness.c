// SPDX-License-Identifier: GPL-2.0
#include "witness.h"

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

int witness_init(struct witness *self, uint8_t endpoint, size_t capacity)
{
	*self = (struct witness){ .endpoint = endpoint, .capacity = capacity };
	self->records = witness_alloc(capacity * sizeof(*self->records));
	if (!self->records)
		return -ENOMEM;
	/* Not zeroes: calloc's untouched pages would fault during the run. */
	memset(self->records, 0xff, capacity * sizeof(*self->records));
	return 0;
}

void witness_release(struct witness *self)
{
	witness_free(self->records);
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

static void write_event(const struct witness_record *r, uint8_t endpoint, witness_file *out)
{
	char buf[16];

	witness_print(out, "event %llu 0x%02x %s %u %u ", (unsigned long long)r->ns, endpoint,
		      event_names[r->event], r->seq, r->slot);
	switch (r->event) {
	case WITNESS_SUBMIT_CALL:
	case WITNESS_START:
		witness_print(out, "- - %d\n", r->bytes);
		break;
	case WITNESS_SUBMIT_RETURN:
		witness_print(out, "%d - -\n", r->result);
		break;
	case WITNESS_REAP:
	case WITNESS_DONE:
		witness_print(out, "%d %s %d\n", r->result,
			      status_text(r->status, buf, sizeof(buf)), r->bytes);
		break;
	default:
		witness_print(out, "- - -\n");
	}
}

void witness_write_summary(const struct witness *self, witness_file *out)
{
	char buf[16];

	witness_print(out,
		      "summary 0x%02x submitted %llu completed %llu bytes %llu max-outstanding %llu "
		      "unlogged %llu status ", self->endpoint,
		      (unsigned long long)self->submitted, (unsigned long long)self->completed,
		      (unsigned long long)self->bytes, (unsigned long long)self->outstanding_max,
		      (unsigned long long)self->unlogged);
	for (unsigned int i = 0; i < self->statuses_cnt; i++)
		witness_print(out, "%s%s:%llu", i ? "," : "",
			      status_text(self->statuses[i].status, buf, sizeof(buf)),
			      (unsigned long long)self->statuses[i].cnt);
	witness_print(out, "%s\n", self->statuses_cnt ? "" : "-");
}

/* Each log is in order already: take the oldest head until all are empty. */
int witness_write(const struct witness *logs, unsigned int cnt, const char *comment,
		  witness_file *out)
{
	size_t *heads = witness_alloc(cnt * sizeof(*heads));

	if (!heads)
		return -ENOMEM;
	memset(heads, 0, cnt * sizeof(*heads));
	witness_print(out, "# urbscope.workload/1\n# %s\n", comment);
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
	witness_free(heads);
	for (unsigned int i = 0; i < cnt; i++)
		witness_write_summary(&logs[i], out);
	return witness_flush(out);
}
