/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time in a log of usbmon's text. A stamp is microseconds, begins anew every 4096 s (in kernels of
 * old every 2^32 us), and its zero is nothing that a reader could know.
 */
#ifndef URBSCOPE_SOURCE_TEXT_CLOCK_H
#define URBSCOPE_SOURCE_TEXT_CLOCK_H

#include "text_line.h"

/* mon_get_timestamp() cuts seconds to 12 bits. */
#define TEXT_PERIOD_NS (UINT64_C(4096) * 1000000000)

struct text_clock {
	bool begun;
	bool long_period;	/* a stamp of more than 4096 s was seen */
	uint64_t stamp_ns;	/* the last that time went by */
	uint64_t now_ns;
};

/*
 * The time of the next record, never less than that of the one before; the first one's is its
 * stamp. A stamp that fell by more than half the range has begun anew. Else time runs backwards
 * (*late), and the record counts as of the time of the one before; from a second on, the clock
 * has been set or another log begins, and time goes on from there.
 */
uint64_t text_clock_tell(struct text_clock *clock, const struct text_record *rec, bool *late);

/*
 * The same of a record that was read live, just now by the clock of its stamp: it is the latest
 * moment that has this stamp. Nothing waits 4096 s to be read.
 */
uint64_t text_clock_at(const struct text_record *rec, uint64_t now_us);

#endif
