// SPDX-License-Identifier: GPL-2.0
#include "queue_run.h"

#include "bulk_in_queue.h"
#include "bulk_out_queue.h"
#include "bulk_sync.h"

#define DEPTH_MAX	256
#define BUF_LEN_MAX	16384	/* libusb may part longer transfers into several URBs */
#define EVENTS_MAX	200000

/* --- what to do --- */

static int parse_choice(const char *text, const char *yes, const char *no, bool *value)
{
	*value = !strcmp(text, yes);
	return *value || !strcmp(text, no) ? 0 : -EINVAL;
}

static int parse_direction(const char *text, struct queue_config *c)
{
	bool both = !strcmp(text, "both");

	c->in = both || !strcmp(text, "in");
	c->out = both || !strcmp(text, "out");
	return c->in || c->out ? 0 : -EINVAL;
}

static int parse_variant(const char *text, enum queue_variant *variant)
{
	for (unsigned int i = 0; i < QUEUE_VARIANTS; i++) {
		if (strcmp(text, queue_variant_name(i)))
			continue;
		*variant = i;
		return 0;
	}
	return -EINVAL;
}

static int parse_one(struct queue_config *c, const char *key, const char *value)
{
	if (!strcmp(key, "mode"))
		return parse_choice(value, "queued", "sync", &c->queued);
	if (!strcmp(key, "dir"))
		return parse_direction(value, c);
	if (!strcmp(key, "variant"))
		return parse_variant(value, &c->variant);
	if (!strcmp(key, "flush"))
		return parse_choice(value, "1", "0", &c->flush);
	if (!strcmp(key, "depth"))
		return queue_parse(value, &c->depth);
	if (!strcmp(key, "buf_len"))
		return queue_parse(value, &c->buf_len);
	if (!strcmp(key, "count"))
		return queue_parse(value, &c->count);
	if (!strcmp(key, "run_ms"))
		return queue_parse(value, &c->run_ms);
	if (!strcmp(key, "timeout_ms"))
		return queue_parse(value, &c->timeout_ms);
	if (!strcmp(key, "pause_us"))
		return queue_parse(value, &c->pause_us);
	if (!strcmp(key, "give_up"))
		return queue_parse(value, &c->give_up);
	return -EINVAL;
}

/* A mistake that this direction cannot make, or not here, must not pass for one. */
static bool can_make(const struct queue_config *c)
{
	switch (c->variant) {
	case QUEUE_CORRECT:
		return true;
	case QUEUE_GFP_KERNEL:
#ifndef __KERNEL__
		return false;
#endif
	case QUEUE_NO_RESUBMIT_ON_ERROR:
		return c->queued && !c->out;
	case QUEUE_REUSE:
		return c->queued && !c->in;
	default:
		return c->queued;
	}
}

int queue_config_parse(struct queue_config *self, char *words, const char **bad)
{
	char *word, *value;

	*self = (struct queue_config){ .queued = true, .depth = 8, .buf_len = BUF_LEN_MAX,
		.timeout_ms = 1000, .give_up = 5, .flush = true };
	while ((word = strsep(&words, " \n"))) {
		if (!*word)
			continue;
		*bad = word;
		value = strchr(word, '=');
		if (!value)
			return -EINVAL;
		*value = 0;
		if (parse_one(self, word, value + 1))
			return -EINVAL;
	}
	*bad = "";
	if (!self->queued)
		self->depth = 1;
	if (!(self->in || self->out) || !(self->count || self->run_ms) || !can_make(self))
		return -EINVAL;
	return self->depth && self->depth <= DEPTH_MAX && self->buf_len &&
	       self->buf_len <= BUF_LEN_MAX ? 0 : -EINVAL;
}

/* --- the four kinds --- */

static bool run_is_in(const struct queue_run *self)
{
	return self->endpoint & 0x80;
}

static int run_open(struct queue_run *self)
{
	const struct queue_config *c = self->config;

	if (!c->queued)
		return 0;
	if (run_is_in(self))
		return bulk_in_queue_open(&self->in, self->dev, self->endpoint, c->depth,
					  c->buf_len, &self->test);
	return bulk_out_queue_open(&self->out, self->dev, self->endpoint, c->depth, c->buf_len,
				   &self->test);
}

static int run_transfer(struct queue_run *self)
{
	const struct queue_config *c = self->config;

	if (run_is_in(self))
		return c->queued ?
			bulk_in_queue_recv(self->in, self->data, c->buf_len, c->timeout_ms) :
			bulk_sync_recv(self->dev, self->endpoint, self->data, c->buf_len,
				       c->timeout_ms, &self->test);
	return c->queued ?
		bulk_out_queue_send(self->out, self->data, c->buf_len, c->timeout_ms) :
		bulk_sync_send(self->dev, self->endpoint, self->data, c->buf_len, c->timeout_ms,
			       &self->test);
}

static void run_close(struct queue_run *self)
{
	if (self->in)
		bulk_in_queue_close(self->in);
	if (self->out)
		bulk_out_queue_close(self->out);
	self->in = NULL;
	self->out = NULL;
}

/* --- the run --- */

static bool run_wants_more(const struct queue_run *self)
{
	const struct queue_config *c = self->config;

	if (*(const volatile bool *)self->stop || self->timeouts_in_a_row >= c->give_up)
		return false;
	if (c->count && self->calls >= c->count)
		return false;
	return !c->run_ms || witness_now_ns() < self->deadline_ns;
}

static void run_count(struct queue_run *self, int result)
{
	if (result == -ETIMEDOUT) {
		self->timeouts++;
		self->timeouts_in_a_row++;
		return;
	}
	self->timeouts_in_a_row = 0;
	if (result >= 0) {
		self->calls++;
		return;
	}
	self->errors++;
	if (!self->first_error)
		self->first_error = result;
}

/* usb_clear_halt() wants nothing queued on the endpoint. */
static int run_recover(struct queue_run *self)
{
	int err;

	run_close(self);
	err = queue_clear_halt(self->dev, self->endpoint);
	return err ? err : run_open(self);
}

int queue_run(struct queue_run *self)
{
	int err = run_open(self), result;

	if (err)
		return err;
	self->deadline_ns = witness_now_ns() + self->config->run_ms * 1000000ULL;
	while (run_wants_more(self)) {
		result = run_transfer(self);
		run_count(self, result);
		if (result == -ENODEV || result == -ESHUTDOWN || result == -ENOENT)
			break;
		if (result == -EPIPE && run_recover(self))
			break;
		queue_sleep_us(self->config->pause_us);
	}
	if (self->out && self->config->flush) {
		result = bulk_out_queue_flush(self->out, self->config->timeout_ms);
		if (result)
			run_count(self, result);
	}
	run_close(self);
	return 0;
}

int queue_run_init(struct queue_run *self, const struct queue_config *config,
		   struct queue_device *dev, uint8_t endpoint, const bool *stop)
{
	size_t events = EVENTS_MAX;

	*self = (struct queue_run){ .config = config, .dev = dev, .endpoint = endpoint,
				    .stop = stop };
	/* A transfer has up to five events; errors may cost a round of the queue each. */
	if (config->count && config->count < EVENTS_MAX / 10)
		events = 5 * (config->count + 20 * config->depth);
	self->data = queue_alloc(config->buf_len);
	if (!self->data)
		return -ENOMEM;
	return queue_test_init(&self->test, endpoint, config->variant, config->depth, events);
}

void queue_run_release(struct queue_run *self)
{
	queue_test_release(&self->test);
	queue_free(self->data);
}

int queue_run_write(const struct queue_run *runs, unsigned int cnt, const char *who,
		    witness_file *out)
{
	struct witness logs[2];
	char comment[160];
	int err;

	for (unsigned int i = 0; i < cnt; i++)
		logs[i] = runs[i].test.log;
	snprintf(comment, sizeof(comment), "%s %s depth %u buf_len %u variant %s", who,
		 runs[0].config->queued ? "queued" : "sync", runs[0].config->depth,
		 runs[0].config->buf_len, queue_variant_name(runs[0].config->variant));
	err = witness_write(logs, cnt, comment, out);
	for (unsigned int i = 0; i < cnt; i++)
		witness_print(out, "# calls 0x%02x good %llu timed-out %llu failed %llu first-error %d\n",
			      runs[i].endpoint, (unsigned long long)runs[i].calls,
			      (unsigned long long)runs[i].timeouts,
			      (unsigned long long)runs[i].errors, runs[i].first_error);
	return err;
}
