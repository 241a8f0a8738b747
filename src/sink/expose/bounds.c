// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/write.h"

/*
 * Times: each octave of a second from 3.8 us to 8 s, which are boundaries of hist.h: what is not over
 * them is known exactly, as it would not be for round decimal ones.
 */
#define UP_TO(exponent) (HIST_SECOND + (exponent) * HIST_SUB)

const struct bound time_bounds[TIME_BOUNDS] = {
	{ "3.814697265625e-06", 0x1p-18, UP_TO(-18) }, { "7.62939453125e-06", 0x1p-17, UP_TO(-17) },
	{ "1.52587890625e-05", 0x1p-16, UP_TO(-16) }, { "3.0517578125e-05", 0x1p-15, UP_TO(-15) },
	{ "6.103515625e-05", 0x1p-14, UP_TO(-14) }, { "0.0001220703125", 0x1p-13, UP_TO(-13) },
	{ "0.000244140625", 0x1p-12, UP_TO(-12) }, { "0.00048828125", 0x1p-11, UP_TO(-11) },
	{ "0.0009765625", 0x1p-10, UP_TO(-10) }, { "0.001953125", 0x1p-9, UP_TO(-9) },
	{ "0.00390625", 0x1p-8, UP_TO(-8) }, { "0.0078125", 0x1p-7, UP_TO(-7) },
	{ "0.015625", 0x1p-6, UP_TO(-6) }, { "0.03125", 0x1p-5, UP_TO(-5) },
	{ "0.0625", 0x1p-4, UP_TO(-4) }, { "0.125", 0x1p-3, UP_TO(-3) },
	{ "0.25", 0x1p-2, UP_TO(-2) }, { "0.5", 0x1p-1, UP_TO(-1) },
	{ "1.0", 0x1p0, UP_TO(0) }, { "2.0", 0x1p1, UP_TO(1) },
	{ "4.0", 0x1p2, UP_TO(2) }, { "8.0", 0x1p3, UP_TO(3) },
};

#define DEPTH(depth) { #depth ".0", depth, depth }

const struct bound depth_bounds[DEPTH_BOUNDS] = {
	DEPTH(1), DEPTH(2), DEPTH(3), DEPTH(4), DEPTH(6), DEPTH(8), DEPTH(12), DEPTH(16),
	DEPTH(24), DEPTH(32), DEPTH(48), DEPTH(64), DEPTH(96), DEPTH(128),
};

void bounds_count(const struct bounds *bounds, const struct tally *tally, uint64_t *cumulative)
{
	uint64_t below = 0;
	uint32_t i = 0;

	for (size_t b = 0; b < bounds->cnt; b++) {
		for (; i < tally->cnt && tally->first + i <= bounds->bound[b].cell; i++)
			below += tally->cell[i];
		cumulative[b] = below;
	}
}
