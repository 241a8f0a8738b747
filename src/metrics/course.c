// SPDX-License-Identifier: GPL-2.0
#include "metrics/course.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/findings.h"

#define FIRST_BINS 64
#define EMPTY_BIN  { .min = UINT32_MAX }

static uint32_t at_most(uint64_t value)
{
	return value < UINT32_MAX ? value : UINT32_MAX - 1;
}

void course_bin_merge(struct course_bin *to, const struct course_bin *from)
{
	to->level_ns += from->level_ns;
	to->active_ns += from->active_ns;
	to->gap_ns += from->gap_ns;
	to->doubt_ns += from->doubt_ns;
	to->bytes += from->bytes;
	to->completed += from->completed;
	to->failed += from->failed;
	to->min = from->min < to->min ? from->min : to->min;
	to->max = from->max > to->max ? from->max : to->max;
}

unsigned int course_size_class(uint32_t bytes)
{
	unsigned int class = 1;

	while (class < COURSE_SIZES - 1 && bytes > UINT64_C(1) << (class - 1))
		class++;
	return bytes ? class : 0;
}

/* `cnt` transfers more were in flight in the first `length_ns` of a bin. */
static void bin_lift(struct course_bin *bin, uint64_t length_ns, uint32_t cnt)
{
	if (bin->min > bin->max)
		return;
	bin->level_ns += length_ns * cnt;
	bin->active_ns = length_ns;
	bin->gap_ns = 0;
	bin->min = at_most((uint64_t)bin->min + cnt);
	bin->max = at_most((uint64_t)bin->max + cnt);
}

static void bins_lift(struct course_bin *bins, uint32_t cnt, unsigned int shift, uint32_t lift)
{
	for (uint32_t i = 0; lift && i < cnt; i++)
		bin_lift(&bins[i], UINT64_C(1) << shift, lift);
}

static void flush_lift(struct tracer *t)
{
	bins_lift(t->bins, t->lift_end, t->shift, t->lift);
	t->lift = 0;
}

/* Each 2^by bins become one. */
static uint32_t bins_double(struct course_bin *bins, uint32_t cnt, unsigned int by)
{
	uint32_t used = 0;

	if (!by || !cnt)
		return cnt;
	for (uint32_t i = 0; i < cnt; i++) {
		uint32_t to = by < 32 ? i >> by : 0;

		if (to < used) {
			course_bin_merge(&bins[to], &bins[i]);
		} else {
			bins[to] = bins[i];
			used = to + 1;
		}
	}
	return used;
}

/* The least by which a width must double for `offset` to fall into one of the bins. */
static unsigned int shift_for(uint64_t offset)
{
	unsigned int shift = 0;

	while (offset >> shift >= COURSE_BINS)
		shift++;
	return shift;
}

static int bins_room(struct tracer *t, uint32_t cnt)
{
	uint32_t capacity = t->bin_capacity ? t->bin_capacity : FIRST_BINS;
	struct course_bin *p;

	while (capacity < cnt)
		capacity *= 2;
	if (capacity > t->bin_capacity) {
		p = realloc(t->bins, capacity * sizeof(*p));
		if (!p)
			return -ENOMEM;
		t->bins = p;
		t->bin_capacity = capacity;
	}
	while (t->bin_cnt < cnt)
		t->bins[t->bin_cnt++] = (struct course_bin)EMPTY_BIN;
	return 0;
}

/* The bin of a moment of the window; there it is, with all before it, or NULL: no memory. */
static struct course_bin *bin_at(struct tracer *t, uint64_t offset)
{
	unsigned int shift = shift_for(offset);

	if (shift > t->shift) {
		flush_lift(t);
		t->bin_cnt = bins_double(t->bins, t->bin_cnt, shift - t->shift);
		t->shift = shift;
	}
	if (bins_room(t, (offset >> t->shift) + 1))
		return NULL;
	return &t->bins[offset >> t->shift];
}

enum held { HELD, HELD_GAP, HELD_DOUBT };

/* A level was held for a stretch of the window. The bins are there. */
static void bins_book(struct course_bin *bins, unsigned int shift, uint64_t from, uint64_t to,
		      uint32_t level, enum held held)
{
	while (from < to) {
		struct course_bin *bin = &bins[from >> shift];
		uint64_t width = UINT64_C(1) << shift, left = width - (from & (width - 1));
		uint64_t ns = left < to - from ? left : to - from;

		from += ns;
		if (held == HELD_DOUBT) {
			bin->doubt_ns += ns;
			continue;
		}
		bin->level_ns += ns * level;
		bin->active_ns += level ? ns : 0;
		bin->gap_ns += held == HELD_GAP ? ns : 0;
		bin->min = level < bin->min ? level : bin->min;
		bin->max = level > bin->max ? level : bin->max;
	}
}

static int book(struct tracer *t, uint64_t start_ns, uint64_t now, uint32_t level, enum held held)
{
	if (now <= t->since_ns)
		return 0;
	if (!bin_at(t, now - start_ns))
		return -ENOMEM;
	bins_book(t->bins, t->shift, t->since_ns - start_ns, now - start_ns, level, held);
	t->since_ns = now;
	return 0;
}

/* The stretch at level 0 is over: nothing in flight, or a gap. */
static int close_zero(const struct metrics *metrics, struct tracer *t, uint64_t now)
{
	uint64_t zero = now > t->since_ns ? now - t->since_ns : 0;
	bool gap = t->begun && zero && zero < metrics->config.idle_threshold_ns;

	if (gap)
		moments_gap(&t->moments, t->since_ns, zero);
	return book(t, metrics->start_ns, now, 0, gap ? HELD_GAP : HELD);
}

/* One more was in flight since the window began, and nothing has been in doubt in it. */
static int lift(struct tracer *t, uint64_t start_ns, uint64_t now)
{
	uint64_t offset = now - start_ns;
	struct course_bin *bin;

	if (book(t, start_ns, now, t->level, HELD))
		return -ENOMEM;
	bin = bin_at(t, offset);
	if (!bin)
		return -ENOMEM;
	if (t->lift_end != offset >> t->shift)
		flush_lift(t);
	t->lift_end = offset >> t->shift;
	t->lift++;
	bin_lift(bin, offset & ((UINT64_C(1) << t->shift) - 1), 1);
	moments_lift(&t->moments);
	return 0;
}

/* Books what was held up to now, and takes over what the meter holds from now on. */
static int look(const struct metrics *metrics, struct tracer *t, const struct meter *m,
		uint64_t now)
{
	int err = 0;

	if (t->doubtful)
		err = book(t, metrics->start_ns, now, 0, HELD_DOUBT);
	else if (t->level)
		err = book(t, metrics->start_ns, now, t->level, HELD);
	else if (m->doubtful)
		/* of what came before its first event nothing is known then */
		err = book(t, metrics->start_ns, now, 0, t->begun ? HELD : HELD_DOUBT);
	else if (m->level)
		err = close_zero(metrics, t, now);
	t->level = m->level;
	t->doubtful = m->doubtful;
	t->begun = m->bursts;
	return err;
}

static int count_completion(struct tracer *t, uint64_t start_ns, const struct track_step *step)
{
	struct course_bin *bin = bin_at(t, step->time_ns - start_ns);
	int32_t status = step->event->complete.status;

	t->size[course_size_class(step->event->complete.length)]++;
	if (!bin)
		return -ENOMEM;
	bin->completed++;
	bin->failed += status && !status_is_cancel(status);
	bin->bytes += step->event->complete.length;
	return 0;
}

static struct tracer *tracer_get(struct tracers *self, uint32_t endpoint, uint64_t start_ns)
{
	if (endpoint >= self->capacity) {
		uint32_t capacity = self->capacity ? self->capacity : FIRST_BINS;
		struct tracer **p;

		while (capacity <= endpoint)
			capacity *= 2;
		p = realloc(self->tracer, capacity * sizeof(*p));
		if (!p)
			return NULL;
		memset(p + self->capacity, 0, (capacity - self->capacity) * sizeof(*p));
		self->tracer = p;
		self->capacity = capacity;
	}
	if (!self->tracer[endpoint]) {
		self->tracer[endpoint] = calloc(1, sizeof(struct tracer));
		if (self->tracer[endpoint])
			self->tracer[endpoint]->since_ns = start_ns;
	}
	return self->tracer[endpoint];
}

/* What only changes how certain endpoints are. */
static int apply_to_all(struct metrics *metrics, const struct track_step *step)
{
	struct tracers *self = metrics->tracers;
	int err = 0;

	for (uint32_t i = 0; i < self->capacity; i++) {
		const struct meter *m = meters_get(&metrics->endpoints, i);

		if (self->tracer[i] && m) {
			int err2 = look(metrics, self->tracer[i], m, step->time_ns);

			err = err ? err : err2;
		}
	}
	return err;
}

int tracers_apply(struct metrics *metrics, const struct track_step *step)
{
	const struct meter *m = meters_get(&metrics->endpoints, step->endpoint);
	bool concerns_transfer = step->kind != TRACK_NOTHING && step->kind < TRACK_LOST;
	struct tracer *t;
	bool doubtful;
	int err = 0, err2 = 0;

	if (step->kind == TRACK_LOST && !m)
		return apply_to_all(metrics, step);
	if (!m || (!concerns_transfer && (step->endpoint >= metrics->tracers->capacity ||
					  !metrics->tracers->tracer[step->endpoint])))
		return 0;
	/* knowledge is no event: its time counts for nothing */
	if (step->event->kind == URB_EV_FACTS)
		return 0;
	t = tracer_get(metrics->tracers, step->endpoint, metrics->start_ns);
	if (!t)
		return -ENOMEM;
	doubtful = t->doubtful;
	if (step->kind == TRACK_INHERITED)
		err = lift(t, metrics->start_ns, step->time_ns);
	err2 = look(metrics, t, m, step->time_ns);
	err = err ? err : err2;
	if (step->kind == TRACK_COMPLETED || step->kind == TRACK_INHERITED ||
	    step->kind == TRACK_UNPAIRED)
		err2 = count_completion(t, metrics->start_ns, step);
	err = err ? err : err2;
	err2 = moments_apply(metrics->tracers, &t->moments, m, doubtful, step);
	return err ? err : err2;
}

struct tracers *tracers_new(void)
{
	struct tracers *self = calloc(1, sizeof(*self));

	if (self && idmap_init(&self->open, 256)) {
		free(self);
		return NULL;
	}
	if (self)
		self->first_free = IDMAP_NONE;
	return self;
}

void tracers_drop(struct tracers *self, uint32_t endpoint)
{
	if (endpoint >= self->capacity || !self->tracer[endpoint])
		return;
	free(self->tracer[endpoint]->bins);
	free(self->tracer[endpoint]);
	self->tracer[endpoint] = NULL;
}

void tracers_free(struct tracers *self)
{
	if (!self)
		return;
	for (uint32_t i = 0; i < self->capacity; i++)
		tracers_drop(self, i);
	free(self->tracer);
	idmap_release(&self->open);
	free(self->transfer);
	free(self);
}

/* A copy of the bins, as they would be if the window ended now. */
static struct course_bin *export_bins(const struct tracer *t, struct arena *arena,
				      uint64_t since, uint64_t end, size_t cnt, unsigned int shift)
{
	size_t room = t->bin_cnt > cnt ? t->bin_cnt : cnt, used;
	struct course_bin *bins = arena_take(arena, room * sizeof(*bins));

	if (!bins)
		return NULL;
	if (t->bin_cnt)
		memcpy(bins, t->bins, t->bin_cnt * sizeof(*bins));
	bins_lift(bins, t->lift_end, t->shift, t->lift);
	used = bins_double(bins, t->bin_cnt, shift - t->shift);
	while (used < cnt)
		bins[used++] = (struct course_bin)EMPTY_BIN;
	bins_book(bins, shift, since, end, t->level, t->doubtful ? HELD_DOUBT : HELD);
	return bins;
}

const struct course *tracers_export(const struct metrics *metrics, uint32_t endpoint,
				    struct arena *arena, uint64_t end_ns)
{
	const struct tracers *self = metrics->tracers;
	const struct tracer *t = endpoint < self->capacity ? self->tracer[endpoint] : NULL;
	struct course *course = t ? arena_take(arena, sizeof(*course)) : NULL;
	struct course_moment *moments = t ? arena_take(arena, MOMENTS * sizeof(*moments)) : NULL;
	uint64_t end = end_ns - metrics->start_ns;
	unsigned int shift = shift_for(end);

	if (!course || !moments)
		return NULL;
	course->bin_ns = UINT64_C(1) << shift;
	course->bin_cnt = (end >> shift) + 1;
	course->bins = export_bins(t, arena, t->since_ns - metrics->start_ns, end, course->bin_cnt,
				   shift);
	memcpy(course->size, t->size, sizeof(course->size));
	course->moments = moments;
	course->moment_cnt = moments_export(&t->moments, moments);
	return course;
}
