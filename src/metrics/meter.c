// SPDX-License-Identifier: GPL-2.0
#include "metrics/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CELLS    10	/* levels 0 to 8, and one for luck */
#define FIRST_STATUSES 4
#define MAX_STATUSES   256	/* Linux has fewer; garbage has more */

/* Makes room for `cnt` levels, and for `room` cells in front of them. */
static int cells_grow(struct meter *m, uint32_t cnt, uint32_t room)
{
	struct cell *base = calloc((size_t)room + cnt, sizeof(*base));

	if (!base)
		return -ENOMEM;
	if (m->cells) {
		memcpy(base + room, m->cells, m->cell_cnt * sizeof(*base));
		free(m->cells - m->cell_room);
	}
	m->cells = base + room;
	m->cell_cnt = cnt;
	m->cell_room = room;
	return 0;
}

/* Books the level that was held up to now. */
static void meter_advance(struct meter *m, uint64_t now)
{
	uint64_t held;

	if (!m->level || now <= m->since_ns || m->doubtful)
		return;
	held = now - m->since_ns;
	if (m->level < m->cell_cnt)
		m->cells[m->level].time_ns += held;
	m->active_ns += held;
	if (m->level > m->max)
		m->max = m->level;
	m->since_ns = now;
}

/* The stretch at level 0 is over. */
static int meter_close_zero(struct meter *m, const struct meter_run *run, uint64_t now,
			    uint64_t submit_ns)
{
	uint64_t zero = now - m->since_ns;
	int err;

	if (zero >= run->idle_threshold_ns) {
		m->idle_ns += zero;
		m->bursts++;
		return 0;
	}
	err = lazy_hist_add(run->pool, &m->hist[METER_GAP], zero);
	if (err)
		return err;
	if (m->has_parts)
		parts_book(m, now, submit_ns);
	return lazy_hist_add(run->pool, &m->hist[METER_TURNAROUND],
			     submit_ns > m->since_ns ? submit_ns - m->since_ns : 0);
}

int meter_start(struct meter *m, const struct meter_run *run, uint64_t now, uint64_t submit_ns)
{
	int err = 0;

	if (m->level)
		meter_advance(m, now);
	else if (!m->bursts)
		m->bursts = 1;
	else if (now > m->since_ns && !m->doubtful)
		err = meter_close_zero(m, run, now, submit_ns);
	if (!m->level)
		m->since_ns = now;
	m->level++;
	m->start_seen = true;
	if (m->level >= m->cell_cnt) {
		uint32_t cnt = m->cell_cnt ? m->cell_cnt * 2 : FIRST_CELLS;
		int grown = cells_grow(m, cnt, m->cell_room);

		err = err ? err : grown;
	}
	return err;
}

void meter_doubt(struct meter *m, uint64_t now, const struct doubt *doubt)
{
	meter_advance(m, now);
	m->doubtful = m->doubted = true;
	m->awaits_sync |= doubt->awaits_sync;
	if (doubt->until_ns > m->doubt_until_ns)
		m->doubt_until_ns = doubt->until_ns;
}

void meter_trust(struct meter *m, uint64_t now)
{
	m->doubtful = m->awaits_sync = false;
	m->certain_ns = m->since_ns = now;
	if (m->has_parts)
		m->parts->watching = false;
}

void meter_at_submit(struct meter *m)
{
	if (m->level < m->cell_cnt && !m->doubtful)
		m->cells[m->level].at_submit++;
}

void meter_end(struct meter *m, uint64_t now)
{
	if (!m->level)
		return;
	meter_advance(m, now);
	m->level--;
	if (!m->level)
		m->since_ns = now;
}

int meter_inherit(struct meter *m, const struct meter_run *run, uint64_t now)
{
	uint64_t elapsed = now > run->start_ns ? now - run->start_ns : 0;
	int err;

	if (!m->cell_room) {
		uint32_t cnt = m->cell_cnt ? m->cell_cnt : FIRST_CELLS;

		err = cells_grow(m, cnt, cnt);
		if (err)
			return err;
	}
	meter_advance(m, now);
	m->cells--;
	m->cell_room--;
	m->cell_cnt++;
	m->cells[0] = (struct cell){ 0 };
	/* What was not active, in gaps, idle or before the first event, had one in flight. */
	m->cells[1].time_ns = elapsed > m->active_ns ? elapsed - m->active_ns : 0;
	m->active_ns = elapsed;
	m->idle_ns = 0;
	m->bursts = 1;
	if (elapsed)
		m->max++;
	lazy_hist_reset(run->pool, m->hist[METER_GAP]);
	lazy_hist_reset(run->pool, m->hist[METER_TURNAROUND]);
	if (m->has_parts)
		memset(m->parts->ns, 0, sizeof(m->parts->ns));
	if (!m->level)
		m->since_ns = now;
	return 0;
}

int meter_status(struct meter *m, int32_t status, uint64_t count)
{
	if (!status) {
		m->ok += count;
		return 0;
	}
	for (uint32_t i = 0; i < m->status_cnt; i++) {
		if (m->status[i].status == status) {
			m->status[i].count += count;
			return 0;
		}
	}
	if (m->status_cnt == m->status_capacity) {
		uint32_t capacity = m->status_capacity ? m->status_capacity * 2 : FIRST_STATUSES;
		struct status_count *p;

		if (capacity > MAX_STATUSES)
			return 0;	/* still counted as an error */
		p = realloc(m->status, capacity * sizeof(*p));
		if (!p)
			return -ENOMEM;
		m->status = p;
		m->status_capacity = capacity;
	}
	m->status[m->status_cnt++] = (struct status_count){ .status = status, .count = count };
	return 0;
}

void meter_reset(struct meter *m, struct pool *pool)
{
	for (int i = 0; i < METER_HISTS; i++)
		lazy_hist_release(pool, &m->hist[i]);
	if (m->cells)
		free(m->cells - m->cell_room);
	free(m->status);
	free(m->facts);
	free(m->parts);
	*m = (struct meter){ 0 };
}

static int merge_cells(struct meter *m, const struct meter *from)
{
	if (from->cell_cnt > m->cell_cnt && cells_grow(m, from->cell_cnt, 0))
		return -ENOMEM;
	for (uint32_t i = 0; i < from->cell_cnt; i++) {
		m->cells[i].time_ns += from->cells[i].time_ns;
		m->cells[i].at_submit += from->cells[i].at_submit;
	}
	return 0;
}

static void merge_counts(struct meter *m, const struct meter *from)
{
	m->max = from->max > m->max ? from->max : m->max;
	m->start_seen |= from->start_seen;
	m->doubtful |= from->doubtful;
	m->doubted |= from->doubted;
	m->active_ns += from->active_ns;
	m->idle_ns += from->idle_ns;
	m->bursts += from->bursts;
	m->submitted += from->submitted;
	m->completed += from->completed;
	m->bytes += from->bytes;
	m->ok += from->ok;
	m->inherited += from->inherited;
	m->inherited_late += from->inherited_late;
	m->missed += from->missed;
	m->failed_submit += from->failed_submit;
	m->unpaired += from->unpaired;
}

static int merge_parts(struct meter *m, const struct meter *from)
{
	if (!from->parts)
		return 0;
	if (!m->parts) {
		m->parts = calloc(1, sizeof(*m->parts));
		if (!m->parts)
			return -ENOMEM;
		m->has_parts = true;
	}
	for (int i = 0; i < GAP_PARTS; i++)
		m->parts->ns[i] += from->parts->ns[i];
	return 0;
}

int meter_merge(struct meter *m, struct pool *pool, const struct meter *from)
{
	int err = merge_cells(m, from), err2 = merge_parts(m, from);

	err = err ? err : err2;
	err2 = 0;
	merge_counts(m, from);
	for (uint32_t i = 0; i < from->status_cnt && !err2; i++)
		err2 = meter_status(m, from->status[i].status, from->status[i].count);
	err = err ? err : err2;
	for (int i = 0; i < METER_HISTS; i++) {
		err2 = lazy_hist_merge(pool, &m->hist[i], from->hist[i]);
		err = err ? err : err2;
	}
	return err;
}
