// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/write.h"

/*
 * Times: each octave of a second from 3.8 us to 8 s, which are boundaries of hist.h: what is not over
 * them is known exactly, as it would not be for round decimal ones.
 */
#define UP_TO(decimal, value, exponent) \
	{ decimal, sizeof(decimal) - 1, value, HIST_SECOND + (exponent) * HIST_SUB }

const struct bound time_bounds[TIME_BOUNDS] = {
	UP_TO("3.814697265625e-06", 0x1p-18, -18), UP_TO("7.62939453125e-06", 0x1p-17, -17),
	UP_TO("1.52587890625e-05", 0x1p-16, -16), UP_TO("3.0517578125e-05", 0x1p-15, -15),
	UP_TO("6.103515625e-05", 0x1p-14, -14), UP_TO("0.0001220703125", 0x1p-13, -13),
	UP_TO("0.000244140625", 0x1p-12, -12), UP_TO("0.00048828125", 0x1p-11, -11),
	UP_TO("0.0009765625", 0x1p-10, -10), UP_TO("0.001953125", 0x1p-9, -9),
	UP_TO("0.00390625", 0x1p-8, -8), UP_TO("0.0078125", 0x1p-7, -7),
	UP_TO("0.015625", 0x1p-6, -6), UP_TO("0.03125", 0x1p-5, -5),
	UP_TO("0.0625", 0x1p-4, -4), UP_TO("0.125", 0x1p-3, -3),
	UP_TO("0.25", 0x1p-2, -2), UP_TO("0.5", 0x1p-1, -1),
	UP_TO("1.0", 0x1p0, 0), UP_TO("2.0", 0x1p1, 1),
	UP_TO("4.0", 0x1p2, 2), UP_TO("8.0", 0x1p3, 3),
};

#define DEPTH(depth) { #depth ".0", sizeof(#depth ".0") - 1, depth, depth }

const struct bound depth_bounds[DEPTH_BOUNDS] = {
	DEPTH(1), DEPTH(2), DEPTH(3), DEPTH(4), DEPTH(6), DEPTH(8), DEPTH(12), DEPTH(16),
	DEPTH(24), DEPTH(32), DEPTH(48), DEPTH(64), DEPTH(96), DEPTH(128),
};

void bounds_count(const struct bounds *bounds, const struct tally *tally, uint64_t *cumulative)
{
	uint64_t below = 0;
	uint32_t i = 0;

	for (size_t b = 0; b < bounds->cnt; b++) {
		uint32_t cell = bounds->bound[b].cell;
		uint32_t end = cell < tally->first ? 0 : cell - tally->first + 1;

		if (end > tally->cnt)
			end = tally->cnt;
		for (; i < end; i++)
			below += tally->cell[i];
		cumulative[b] = below;
	}
}
