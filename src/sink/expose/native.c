// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/native.h"

/* Buckets without a count that are cheaper written than left out. */
#define FILL 2

/* Where floating-point numbers end: the bucket of what is over all of them. */
#define INDEX_INFINITE (1024 * 8 + 1)

int32_t native_depth_index(uint32_t depth)
{
	/* floor(2^(62 + j/8)): an integer is over 2^(62 + j/8) exactly if it is over the floor. */
	static const uint64_t root8[8] = {
		0x4000000000000000, 0x45cae0f1f545eb73, 0x4c1bf828c6dc54b7, 0x52ff6b54d8a89c75,
		0x5a827999fcef3242, 0x62b39508aa836d6e, 0x6ba27e656b4eb57a, 0x75606373ee921c97,
	};
	unsigned int octave = depth ? 31 - __builtin_clz(depth) : 0;
	uint64_t mantissa = (uint64_t)depth << (62 - octave);
	int32_t over = 0;

	while (over < 8 && mantissa > root8[over])
		over++;
	return (int32_t)octave * 8 + over;
}

struct filler {
	struct native *native;
	int32_t next;		/* the index after the last bucket */
	uint64_t count;		/* of the last bucket */
};

static void put_delta(struct filler *f, uint64_t count)
{
	struct native *n = f->native;

	n->delta[n->delta_cnt++] = (int64_t)(count - f->count);
	n->span[n->span_cnt - 1].length++;
	f->count = count;
	f->next++;
}

static void put_bucket(struct filler *f, int32_t index, uint64_t count)
{
	struct native *n = f->native;

	if (n->span_cnt && index - f->next <= FILL) {
		while (f->next < index)
			put_delta(f, 0);
	} else {
		n->span[n->span_cnt].offset = n->span_cnt ? index - f->next : index;
		n->span[n->span_cnt++].length = 0;
		f->next = index;
	}
	put_delta(f, count);
}

/* Depths that fall into one bucket are neighbours. */
static void fill_depths(struct filler *f, const struct tally *tally)
{
	uint64_t count = 0;
	int32_t index = 0;

	for (uint32_t i = 0; i < tally->cnt; i++) {
		uint32_t depth = tally->first + i;

		if (!tally->cell[i])
			continue;
		if (!depth) {
			f->native->zero += tally->cell[i];
			continue;
		}
		if (count && native_depth_index(depth) != index) {
			put_bucket(f, index, count);
			count = 0;
		}
		index = native_depth_index(depth);
		count += tally->cell[i];
	}
	if (count)
		put_bucket(f, index, count);
}

static void fill_times(struct filler *f, const struct tally *tally)
{
	for (uint32_t i = 0; i < tally->cnt; i++) {
		uint32_t bucket = tally->first + i;

		if (!tally->cell[i])
			continue;
		if (!bucket)
			f->native->zero = tally->cell[i];
		else if (bucket < HIST_BUCKETS - 1)
			put_bucket(f, (int32_t)bucket - HIST_SECOND, tally->cell[i]);
		else
			put_bucket(f, INDEX_INFINITE, tally->cell[i]);
	}
}

void native_fill(struct native *native, const struct tally *tally, bool is_time)
{
	struct filler f = { .native = native };

	native->zero = 0;
	native->span_cnt = native->delta_cnt = 0;
	if (is_time)
		fill_times(&f, tally);
	else
		fill_depths(&f, tally);
}
