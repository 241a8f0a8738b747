// SPDX-License-Identifier: GPL-2.0
/* Transfers as rows: what a row says, and that no string breaks out of its field. */
#include <stdlib.h>
#include <string.h>

#include "../lib/jsonread.h"
#include "../lib/run.h"
#include "../lib/testmain.h"
#include "urbscope/transfer_rows.h"
#include "urbscope/transfers.h"

#define EP  urb_ep(1, 5, 0x81)
#define RAW UINT64_C(0xffff8881deadbe00)
#define MAX 64

/* --- what a row says ------------------------------------------------------------------------- */

static struct stage {
	struct tracker *tracker;
	struct metrics *metrics;
	struct transfers *transfers;
	struct transfer row[MAX];
	struct transfer_level level[MAX];
	size_t rows, levels;
} s;

static void take_row(void *ctx, const struct transfer *t)
{
	(void)ctx;
	assert_true(s.rows < MAX);
	s.row[s.rows++] = *t;
}

static void take_level(void *ctx, const struct transfer_level *level)
{
	(void)ctx;
	assert_true(s.levels < MAX);
	s.level[s.levels++] = *level;
}

static int set(bool returns)
{
	struct transfers_config config = {
		.returns = returns, .transfer = take_row, .level = take_level
	};

	memset(&s, 0, sizeof(s));
	s.tracker = tracker_new(NULL);
	s.metrics = metrics_new(NULL);
	config.metrics = s.metrics;
	s.transfers = transfers_new(&config);
	return !s.transfers;
}

/* As BPF sees them at the full level; or as usbmon does. */
static int set_bpf(void **state)
{
	(void)state;
	return set(true);
}

static int set_usbmon(void **state)
{
	(void)state;
	return set(false);
}

static int clear_stage(void **state)
{
	(void)state;
	transfers_free(s.transfers);
	metrics_free(s.metrics);
	tracker_free(s.tracker);
	return 0;
}

static void feed(struct urb_event ev)
{
	struct track_step step;

	tracker_feed(s.tracker, &ev, &step);
	do {
		assert_int_equal(metrics_apply(s.metrics, &step), 0);
		assert_int_equal(transfers_apply(s.transfers, &step), 0);
	} while (tracker_next(s.tracker, &step));
}

static void feed_handled(uint64_t done_ns, uint64_t handler_ns, uint64_t returned_ns, uint64_t id)
{
	struct urb_event ev = done_event(done_ns, id, EP);

	ev.flags = URB_F_HANDLER_FOLLOWS;
	feed(ev);
	ev = plain_event(URB_EV_HANDLER, handler_ns, id, EP);
	ev.seen = URB_HANDLER;
	feed(ev);
	if (!returned_ns)
		return;
	ev = plain_event(URB_EV_RETURNED, returned_ns, id, EP);
	ev.seen = URB_RETURNED;
	ev.returned.handler_ns = handler_ns;
	feed(ev);
}

static void five_moments(void **state)
{
	const struct transfer *t = &s.row[0];

	(void)state;
	feed(queued_event(90, 100, 7, EP));
	feed_handled(200, 210, 230, 7);
	assert_int_equal(s.rows, 1);
	assert_int_equal(t->seen, URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED);
	assert_int_equal(t->submit_ns, 90);
	assert_int_equal(t->queued_ns, 100);
	assert_int_equal(t->done_ns, 200);
	assert_int_equal(t->handler_ns, 210);
	assert_int_equal(t->returned_ns, 230);
	assert_int_equal(t->start_ns, 100);
	assert_int_equal(t->end_ns, 200);
	assert_int_equal(t->depth, 1);
	assert_int_equal(t->gap_ns, TRANSFER_NO_GAP);
}

/* The handler of the first resubmits its URB before it returns: two lives of one id at once. */
static void resubmitted_in_its_handler(void **state)
{
	struct urb_event ev;

	(void)state;
	feed(queued_event(90, 100, 7, EP));
	feed_handled(200, 210, 0, 7);
	feed(queued_event(214, 215, 7, EP));
	ev = plain_event(URB_EV_RETURNED, 230, 7, EP);
	ev.seen = URB_RETURNED;
	ev.returned.handler_ns = 210;
	feed(ev);
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.row[0].returned_ns, 230);
	feed_handled(300, 310, 320, 7);
	assert_int_equal(s.rows, 2);
	assert_int_equal(s.row[1].returned_ns, 320);
	assert_int_equal(s.row[1].gap_ns, 15);
	assert_int_equal(s.row[1].number, 2);
}

static void lost_return_waits_for_the_end(void **state)
{
	(void)state;
	feed(queued_event(90, 100, 7, EP));
	feed_handled(200, 210, 0, 7);
	assert_int_equal(s.rows, 0);
	assert_int_equal(transfers_end(s.transfers, 1000), 0);
	assert_int_equal(s.rows, 1);
	assert_false(s.row[0].seen & URB_RETURNED);
}

/* A capture tells late that one had been in flight: depths and gaps before that are shifted. */
static void inherited_shift(void **state)
{
	(void)state;
	feed(submit_event(100, 1, EP));
	feed(plain_event(URB_EV_SUBMIT_ERROR, 110, 1, EP));	/* empty, it seems */
	feed(submit_event(150, 2, EP));
	assert_int_equal(s.rows, 0);
	feed(complete_event(200, 9, EP, 0));			/* but 9 was there */
	assert_int_equal(s.rows, 1);
	assert_true(s.row[0].inherited);
	assert_int_equal(s.row[0].start_ns, 100);
	feed(complete_event(300, 2, EP, 0));
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.row[1].end, TRANSFER_REFUSED);
	assert_int_equal(s.row[1].depth, 2);
	assert_int_equal(s.row[2].depth, 2);
	assert_int_equal(s.row[2].gap_ns, 0);
	/* from the beginning: 1, 2, 1, 2, 1, 0 */
	assert_int_equal(s.level[0].level, 1);
	assert_int_equal(s.level[0].time_ns, 100);
	assert_int_equal(s.level[1].level, 2);
	assert_int_equal(s.level[2].level, 1);
	assert_int_equal(s.level[3].level, 2);
	assert_int_equal(s.level[4].level, 1);
	assert_int_equal(s.level[4].time_ns, 200);
	assert_int_equal(s.level[5].level, 0);
	assert_int_equal(s.levels, 6);
}

static void gap_before(void **state)
{
	(void)state;
	feed(submit_event(100, 1, EP));
	feed(complete_event(200, 1, EP, 0));
	feed(submit_event(250, 1, EP));
	feed(submit_event(260, 2, EP));
	feed(complete_event(300, 1, EP, 0));
	feed(complete_event(300, 2, EP, 0));
	feed(submit_event(300, 1, EP));
	feed(complete_event(400, 1, EP, 0));
	assert_int_equal(s.rows, 4);
	assert_int_equal(s.row[0].gap_ns, TRANSFER_NO_GAP);
	assert_int_equal(s.row[1].gap_ns, 50);
	assert_int_equal(s.row[2].gap_ns, 0);
	assert_int_equal(s.row[2].depth, 2);
	assert_int_equal(s.row[3].gap_ns, 0);
}

/* Depth and gap are not known until the endpoint is certain again. */
static void doubt_is_not_told(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 210, 0, URB_EP_ANY);

	(void)state;
	feed(submit_event(100, 1, EP));
	feed(complete_event(200, 1, EP, 0));
	lost.lost.count = 1;
	lost.lost.until_ns = 220;
	feed(lost);
	feed(submit_event(250, 1, EP));
	feed(complete_event(300, 1, EP, 0));	/* drained: certain again */
	feed(submit_event(350, 1, EP));
	feed(complete_event(400, 1, EP, 0));
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.row[0].depth, 1);
	assert_int_equal(s.row[1].depth, 0);
	assert_int_equal(s.row[1].gap_ns, TRANSFER_NO_GAP);
	assert_int_equal(s.row[2].depth, 1);
	assert_int_equal(s.row[2].gap_ns, 50);
}

/* BPF walks the queues, finds the endpoint empty, and knows again from then on. */
static void gap_begins_with_certainty(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 210, 0, EP);

	(void)state;
	feed(submit_event(100, 1, EP));
	feed(complete_event(200, 1, EP, 0));
	lost.flags = URB_F_SYNC_FOLLOWS;
	lost.lost.count = 1;
	lost.lost.until_ns = 220;
	feed(lost);
	feed(plain_event(URB_EV_SYNC, 240, 0, EP));
	feed(submit_event(250, 1, EP));
	feed(complete_event(300, 1, EP, 0));
	assert_int_equal(s.rows, 2);
	assert_int_equal(s.row[1].depth, 1);
	assert_int_equal(s.row[1].gap_ns, 10);
}

static void outcomes(void **state)
{
	struct urb_event refused = plain_event(URB_EV_SUBMIT_ERROR, 210, 5, EP);

	(void)state;
	feed(submit_event(100, 1, EP));
	feed(complete_event(200, 1, EP, -32));
	refused.submit_error.error = -16;
	feed(refused);
	feed(submit_event(300, 2, EP));
	feed(submit_event(310, 2, EP));		/* its completion was missed */
	feed(complete_event(320, 1, EP, 0));	/* of nothing */
	assert_int_equal(transfers_end(s.transfers, 1000), 0);
	assert_int_equal(s.rows, 5);
	assert_int_equal(s.row[0].end, TRANSFER_COMPLETED);
	assert_int_equal(s.row[0].status, -32);
	assert_int_equal(s.row[1].end, TRANSFER_REFUSED);
	assert_int_equal(s.row[1].status, -16);
	assert_int_equal(s.row[2].end, TRANSFER_MISSED);
	assert_int_equal(s.row[3].end, TRANSFER_UNPAIRED);
	assert_int_equal(s.row[4].end, TRANSFER_OPEN);
	assert_int_equal(s.row[4].end_ns, 1000);
}

/* As many places as were in flight at once, although the handlers come in another order. */
static void places(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		feed(queued_event(100 + i, 100 + i, i + 1, EP));
	for (uint64_t i = 0; i < 20; i++) {
		struct urb_event ev = done_event(200 + 10 * i, i % 4 + 1, EP);

		feed(ev);
		feed(queued_event(205 + 10 * i, 205 + 10 * i, i % 4 + 1, EP));
	}
	for (size_t i = 0; i < s.rows; i++) {
		assert_in_range(s.row[i].place, 0, 3);
		for (size_t j = 0; j < i; j++)
			assert_true(s.row[i].place != s.row[j].place ||
				    s.row[i].start_ns >= s.row[j].end_ns ||
				    s.row[j].start_ns >= s.row[i].end_ns);
	}
}

/* --- how it is written -------------------------------------------------------------------------- */

static const char *function(void *ctx, uint64_t address)
{
	return ctx && address == RAW + 128 ? ctx : NULL;
}

static char *written(enum transfer_rows_form form, const struct transfer *t, const char *fn)
{
	struct transfer_rows_config config = {
		.form = form, .wall_ns = 1000, .has_wall = true, .symbol = function, .symbol_ctx = (void *)fn
	};
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	struct transfer_rows *rows = transfer_rows_new(out, &config);

	transfer_rows_write(rows, t);
	assert_int_equal(transfer_rows_flush(rows), 0);
	transfer_rows_free(rows);
	fclose(out);
	return text;
}

static struct transfer sample(struct urb_facts *facts)
{
	struct transfer t = {
		.number = 1, .ep = EP, .serial = 1, .type = URB_TYPE_BULK, .submitted = true,
		.flags = URB_F_CALLER, .slot = RAW + 64, .complete_fn = RAW + 128, .status = -32,
		.start_ns = 5, .end_ns = 6, .depth = 1, .gap_ns = TRANSFER_NO_GAP, .facts = facts,
	};

	return t;
}

/* The field of the second line that stands under `name`, as RFC 4180 has it. */
static char *field(const char *csv, const char *name)
{
	static char out[512];
	const char *at = strchr(csv, '\n') + 1;
	size_t want = 0, n = 0;

	for (const char *c = csv; strncmp(c, name, strlen(name)) || !strchr(",\n", c[strlen(name)]); c++)
		want += *c == ',';
	for (size_t i = 0; i <= want; i++) {
		n = 0;
		if (*at == '"') {
			for (at++; *at != '"' || *++at == '"'; at++)
				out[n++] = *at;
		} else {
			while (!strchr(",\n", *at))
				out[n++] = *at++;
		}
		assert_true(strchr(",\n", *at++));
	}
	out[n] = '\0';
	return out;
}

static void strings_stay_in_their_fields(void **state)
{
	static const struct {
		const char *name, *csv;
	} cases[] = {
		{ "plain", "plain" },
		{ "a,b", "a,b" },
		{ "say \"hi\"", "say \"hi\"" },
		{ "\"", "\"" },
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "a=b", "a=b" },
		{ "\t=x", "\xef\xbf\xbd=x" },
		{ "two\nlines\r", "two\xef\xbf\xbdlines\xef\xbf\xbd" },
		{ "\x1b]0;x\a", "\xef\xbf\xbd]0;x\xef\xbf\xbd" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	struct urb_facts facts = { .has_ids = true, .vid = 0x17e9, .pid = 0x0811 };
	struct transfer t = sample(&facts);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *csv, *json, error[64] = "";
		struct json_value *v;

		snprintf(facts.name, sizeof(facts.name), "%s", cases[i].name);
		csv = written(TRANSFER_ROWS_CSV, &t, NULL);
		assert_string_equal(field(csv, "name"), cases[i].csv);
		assert_string_equal(field(csv, "vendor"), "0x17e9");
		assert_string_equal(field(csv, "status_name"), "EPIPE");
		assert_string_equal(field(csv, "wall_ns"), "1005");
		assert_string_equal(field(csv, "gap_ns"), "");
		json = written(TRANSFER_ROWS_NDJSON, &t, NULL);
		v = json_read(json, strlen(json), error, sizeof(error));
		assert_string_equal(error, "");
		if (i < 13)
			assert_string_equal(json_text_at(v, "name"), cases[i].name);
		assert_string_equal(json_text_at(v, "gap_ns"), "null");
		json_value_free(v);
		free(json);
		free(csv);
	}
}

static void addresses_stay_inside(void **state)
{
	struct urb_facts facts = { .has_ids = false };
	struct transfer t = sample(&facts);

	(void)state;
	for (int form = 0; form < 2; form++) {
		char *text = written(form, &t, NULL);

		assert_null(strcasestr(text, "deadbe"));
		assert_null(strstr(text, "18446612691"));	/* the same in decimal */
		free(text);
		text = written(form, &t, "usb_stor_blocking_completion");
		assert_non_null(strstr(text, "usb_stor_blocking_completion"));
		free(text);
	}
}

#define STAGED(title, set, function) { title, function, set, clear_stage, NULL }

static const struct CMUnitTest tests[] = {
	STAGED("a-row-has-five-moments", set_bpf, five_moments),
	STAGED("a-urb-may-be-resubmitted-in-its-handler", set_bpf, resubmitted_in_its_handler),
	STAGED("a-lost-return-is-waited-for-to-the-end", set_bpf, lost_return_waits_for_the_end),
	STAGED("inherited-transfers-shift-rows-and-levels", set_usbmon, inherited_shift),
	STAGED("gap-stands-before-the-transfer-that-ended-it", set_usbmon, gap_before),
	STAGED("doubtful-depths-are-not-told", set_usbmon, doubt_is_not_told),
	STAGED("a-gap-begins-with-certainty", set_usbmon, gap_begins_with_certainty),
	STAGED("a-row-tells-how-it-ended", set_usbmon, outcomes),
	STAGED("places-do-not-overlap", set_bpf, places),
	TEST("strings-stay-in-their-fields", strings_stay_in_their_fields),
	TEST("addresses-stay-inside-rows", addresses_stay_inside),
};

TEST_MAIN(tests)
