// SPDX-License-Identifier: GPL-2.0
#include "sink/top/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct top_view *top_view_new(void)
{
	struct top_view *view = calloc(1, sizeof(*view));

	if (!view) {
		errno = ENOMEM;
		return NULL;
	}
	columns_default(&view->choices);
	view->read = view->choices;
	return view;
}

void top_view_free(struct top_view *view)
{
	if (!view)
		return;
	snapshot_free(view->frozen_total);
	snapshot_free(view->frozen_interval);
	canvas_release(&view->tall);
	free(view->rows);
	free(view->trends);
	free(view->kept);
	free(view);
}

void top_view_streams(struct top_view *view, bool streams)
{
	view->choices.streams = view->read.streams = streams;
}

void top_view_list(struct top_view *view, bool hide_idle)
{
	view->choices.flat = view->read.flat = true;
	view->choices.show_idle = view->read.show_idle = !hide_idle;
}

enum top_request top_request(struct top_view *view)
{
	enum top_request request = view->request;

	view->request = TOP_NOTHING;
	return request;
}

void top_say(struct top_view *view, const char *message)
{
	snprintf(view->message, sizeof(view->message), "%s", message);
}

void top_set_replay(struct top_view *view, const struct top_replay *replay)
{
	view->replay = *replay;
}

void top_set_stream(struct top_view *view, bool ended, uint64_t silent_ns)
{
	view->stream_ended = ended;
	view->silent_ns = silent_ns;
}

void top_recording(struct top_view *view, const char *name)
{
	snprintf(view->recording, sizeof(view->recording), "%s", name ? name : "");
}

const struct span *chart_span(const struct top_view *view, const struct snapshot *total)
{
	static const struct span spans[] = {
		{UINT64_C(15000000000), "15 seconds", "15 s"},
		{UINT64_C(30000000000), "30 seconds", "30 s"},
		{UINT64_C(60000000000), "minute", "a minute"},
		{UINT64_C(600000000000), "ten minutes", "ten minutes"},
	};
	size_t i = view->ten_minutes ? 3 : 0;

	while (i < 2 && total->end_ns - total->start_ns > spans[i].ns)
		i++;
	return &spans[i];
}

bool top_quit(const struct top_view *view)
{
	return view->quit;
}

uint64_t top_moment(const struct top_view *view)
{
	return view->moment;
}

uint32_t top_endpoint(const struct top_view *view)
{
	bool page = view->page == PAGE_ENDPOINT ||
		    ((view->page == PAGE_HELP || view->page == PAGE_COLUMNS) &&
		     view->back == PAGE_ENDPOINT);

	return page ? view->at.serial : 0;
}

bool top_wants_mouse(const struct top_view *view)
{
	return !view->choices.no_mouse;
}
