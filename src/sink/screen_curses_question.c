// SPDX-License-Identifier: GPL-2.0
#include "sink/screen_curses.h"

#include <poll.h>
#include <string.h>
#include <term.h>

#include "urbscope/top.h"

#define QUESTION "\033[5n"
#define ANSWER	 "\033[0n"
/* The first answer comes within this, or none is counted on. */
#define FIRST_NS  UINT64_C(500000000)
/* A frame on a slow line takes no longer. */
#define ANSWER_NS UINT64_C(3000000000)

static void put_question(struct screen *s)
{
	fputs(QUESTION, s->out);
	fflush(s->out);
}

void screen_ask_first(struct screen *s)
{
	const char *cup = tigetstr("cup");

	if (!cup || strncmp(cup, "\033[", 2) || define_key(ANSWER, KEY_ANSWER) != OK)
		return;
	put_question(s);
	s->asked_ns = clock_ns();
}

bool screen_ask(struct screen *s)
{
	if (!s->answers)
		return false;
	put_question(s);
	return true;
}

void screen_answered(struct screen *s)
{
	s->answers = true;
	painter_answered(&s->painter);
}

bool screen_is_owed(struct screen *s)
{
	if (s->answers)
		return painter_is_owed(&s->painter);
	return s->asked_ns && clock_ns() < s->asked_ns + FIRST_NS;
}

bool screen_await_answer(struct screen *s)
{
	uint64_t end_ns = clock_ns() + ANSWER_NS;
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	while (!s->gone && screen_is_owed(s) && clock_ns() < end_ns)
		if (poll(&p, 1, 50) > 0 && screen_key(s) == TOP_KEY_QUIT && s->gone)
			break;
	return !screen_is_owed(s);
}
