// SPDX-License-Identifier: GPL-2.0
#include "sink/top/trend.h"

#include <string.h>

/* As in a row: from here on a gap share is worth a colour. */
#define GAP_SHARE_WARN 0.01

void trend_init(struct trend *t, uint64_t to_ns, uint64_t span_ns)
{
	uint64_t step = span_ns / TREND_BINS ? span_ns / TREND_BINS : 1;

	memset(t, 0, sizeof(*t));
	/* whole steps, so that a graph moves and does not shimmer */
	t->to_ns = (to_ns / step + (to_ns % step != 0)) * step;
	t->from_ns = t->to_ns > step * TREND_BINS ? t->to_ns - step * TREND_BINS : 0;
}

static void add_part(struct trend_bin *b, const struct history_point *p, double part,
		     double covered_ns)
{
	b->covered_ns += covered_ns;
	b->busy_ns += part * (double)p->busy_ns;
	b->depth_ns += part * (double)p->depth_ns;
	b->gap_ns += part * (double)p->gap_ns;
	b->bytes += part * (double)p->bytes;
	b->completed += part * (double)p->completed;
	b->failed += part * (double)p->failed;
	if (p->max > b->max)
		b->max = p->max;
	b->doubt |= !p->certain;
}

void trend_add(struct trend *t, const struct history_point *p)
{
	double step = (double)((t->to_ns - t->from_ns) / TREND_BINS);
	double length = (double)(p->end_ns - p->start_ns);
	double begin = (double)p->start_ns - (double)t->from_ns;
	double end = (double)p->end_ns - (double)t->from_ns;
	int i, first, last;

	if (step <= 0 || length <= 0 || end <= 0 || begin >= step * TREND_BINS)
		return;
	first = begin > 0 ? (int)(begin / step) : 0;
	last = (int)(end / step);
	for (i = first; i <= last && i < TREND_BINS; i++) {
		double from = begin > i * step ? begin : i * step;
		double to = end < (i + 1) * step ? end : (i + 1) * step;

		if (to > from)
			add_part(&t->bin[i], p, (to - from) / length, to - from);
	}
}

bool trend_failed(const struct trend *t)
{
	int i;

	for (i = 0; i < TREND_BINS; i++)
		if (t->bin[i].failed > 0)
			return true;
	return false;
}

/* The steps that fall into cell i of width. */
static struct trend_bin cell_of(const struct trend *t, int i, int width)
{
	int from = i * TREND_BINS / width, to = (i + 1) * TREND_BINS / width, k;
	struct trend_bin sum = {0};

	to = to > from ? to : from + 1;
	for (k = from; k < to && k < TREND_BINS; k++) {
		const struct trend_bin *b = &t->bin[k];

		sum.covered_ns += b->covered_ns;
		sum.busy_ns += b->busy_ns;
		sum.depth_ns += b->depth_ns;
		sum.gap_ns += b->gap_ns;
		sum.max = b->max > sum.max ? b->max : sum.max;
		sum.doubt |= b->doubt;
	}
	return sum;
}

void draw_column(struct canvas *c, int y, int x, int height, double level, unsigned int attr)
{
	int eighths, i;

	level = level < 0 ? 0 : level > 1 ? 1 : level;
	eighths = (int)(level * height * 8 + 0.5);
	if (level > 0 && !eighths)
		eighths = 1;
	for (i = 0; i < height && eighths > 0; i++, eighths -= 8) {
		int part = eighths < 8 ? eighths : 8;
		/* ASCII: a third of a cell at a time */
		uint32_t ch = c->utf8 ? 0x2580 + (uint32_t)part
				      : (uint32_t)(part > 5 ? '#' : part > 2 ? '=' : '_');

		canvas_put(c, y - i, x, attr, ch);
	}
}

void trend_draw(struct canvas *c, int y, int x, int width, int height, const struct trend *t,
		uint32_t max, unsigned int attr)
{
	int i;

	for (i = 0; i < width; i++) {
		struct trend_bin b = cell_of(t, i, width);
		bool gaps = b.busy_ns > 0 && b.gap_ns >= GAP_SHARE_WARN * b.busy_ns;

		if (b.busy_ns > 0 && max)
			draw_column(c, y, x + i, height, b.depth_ns / b.busy_ns / max,
				    attr | (gaps ? CANVAS_WARN : CANVAS_ACCENT));
		else if (b.doubt)
			canvas_put(c, y, x + i, CANVAS_ALERT, '?');
		else if (b.covered_ns > 0)
			canvas_put(c, y, x + i, attr | CANVAS_DIM, c->utf8 ? 0xb7 : '.');
	}
}

void trend_draw_gaps(struct canvas *c, int y, int x, int width, const struct trend *t)
{
	static const uint32_t dots[] = {0xb7, 0x2022, 0x25cf};
	static const char ascii[] = {'.', 'o', 'O'};
	int i;

	for (i = 0; i < width; i++) {
		struct trend_bin b = cell_of(t, i, width);
		double share = b.busy_ns > 0 ? b.gap_ns / b.busy_ns : 0;
		int size = share >= 0.2 ? 2 : share >= 0.05 ? 1 : 0;

		if (share >= GAP_SHARE_WARN)
			canvas_put(c, y, x + i, CANVAS_WARN,
				   c->utf8 ? dots[size] : (uint32_t)ascii[size]);
	}
}

void draw_share(struct canvas *c, int y, int x, int width, double share, unsigned int attr)
{
	int eighths, i;

	share = share < 0 ? 0 : share > 1 ? 1 : share;
	eighths = (int)(share * width * 8 + 0.5);
	if (share > 0 && !eighths)
		eighths = 1;
	for (i = 0; i < width && eighths > 0; i++, eighths -= 8) {
		int part = eighths < 8 ? eighths : 8;

		canvas_put(c, y, x + i, attr,
			   c->utf8 ? 0x2590 - (uint32_t)part : part > 3 ? '#' : '-');
	}
}
