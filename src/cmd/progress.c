// SPDX-License-Identifier: GPL-2.0
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "urbscope/format.h"

#define FIRST_NS 500000000ULL	/* what is over by then needs no line */
#define EACH_NS	 200000000ULL

void progress_begin(struct progress *p, const struct source *src, bool wanted, source_emit emit,
		    void *ctx, uint64_t now_ns)
{
	struct stat st;

	*p = (struct progress){ .emit = emit, .ctx = ctx, .began_ns = now_ns };
	if (!wanted || !isatty(STDERR_FILENO))
		return;
	p->src = src;
	p->shown_ns = now_ns + FIRST_NS - EACH_NS;
	if (!fstat(source_fd(src), &st) && S_ISREG(st.st_mode))
		p->size = st.st_size;
}

void progress_event(void *progress, const struct urb_event *ev)
{
	struct progress *p = progress;

	p->events++;
	p->emit(p->ctx, ev);
}

void progress_line(const struct progress_state *s, char *buf, size_t size)
{
	uint64_t at = s->at < s->size ? s->at : s->size;
	double done = s->size ? (double)at / s->size : 0;
	char share[FMT_SIZE], total[FMT_SIZE], events[FMT_SIZE], rate[FMT_SIZE], left[FMT_SIZE];
	size_t used = 0;

	if (s->size)
		used = snprintf(buf, size, "%s of %sB, ", fmt_percent(share, done),
				fmt_count(total, s->size));
	if (used < size)
		used += snprintf(buf + used, size - used, "%s events, %s/s", fmt_count(events, s->events),
				 fmt_rate(rate, per_second(s->events, s->elapsed_ns)));
	if (at && used < size)
		snprintf(buf + used, size - used, ", %s left",
			 fmt_duration(left, s->elapsed_ns * (1 - done) / done));
}

/* Not by stderr, which lets no carriage return pass. */
static void draw(struct progress *p, const char *line)
{
	char out[128];
	int width = strlen(line);

	snprintf(out, sizeof(out), "\r%s%*s%s", line, p->width > width ? p->width - width : 0, "",
		 width ? "" : "\r");
	if (write(STDERR_FILENO, out, strlen(out)) < 0)
		p->src = NULL;
	p->width = width;
}

void progress_turn(struct progress *p, uint64_t now_ns)
{
	struct progress_state state = {
		.size = p->size, .events = p->events, .elapsed_ns = now_ns - p->began_ns
	};
	struct winsize window;
	size_t room = 80;
	char line[100];
	off_t at;

	if (!p->src || now_ns < p->shown_ns + EACH_NS)
		return;
	p->shown_ns = now_ns;
	at = p->size ? lseek(source_fd(p->src), 0, SEEK_CUR) : 0;
	state.at = at > 0 ? at : 0;
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &window) && window.ws_col)
		room = window.ws_col;
	progress_line(&state, line, room < sizeof(line) ? room : sizeof(line));
	draw(p, line);
}

void progress_end(struct progress *p)
{
	if (p->src && p->width)
		draw(p, "");
	p->src = NULL;
}
