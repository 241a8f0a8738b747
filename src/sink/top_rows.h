/* SPDX-License-Identifier: GPL-2.0 */
/* Between the parts of the live view: choosing the rows, and drawing them. */
#ifndef URBSCOPE_SINK_TOP_ROWS_H
#define URBSCOPE_SINK_TOP_ROWS_H

#include "sink/table.h"
#include "urbscope/top.h"

/* Fills view->rows and row_cnt, in order. 0 or -ENOMEM, then there are none. */
int top_rows(struct top_view *view, const struct snapshot *total, const struct snapshot *interval);

/* Brings view->scroll back to where there are rows. */
void top_scroll_fit(struct top_view *view);

#endif
