// SPDX-License-Identifier: GPL-2.0
#include "sink/screen_curses.h"

#include <poll.h>

#include "urbscope/top.h"

#define DOUBLE_CLICK_NS 400000000

int screen_fd(struct screen *s)
{
	return painter_is_idle(&s->painter) ? s->fd : -1;
}

/* getch() cannot tell "no key yet" from "no terminal any more". */
static bool hung_up(const struct screen *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int mouse_key(struct screen *s)
{
	uint64_t now_ns = clock_ns();
	MEVENT event;
	bool twice;

	if (getmouse(&event) != OK)
		return TOP_KEY_REDRAW;
	if (event.bstate & BUTTON4_PRESSED)
		return top_mouse(TOP_WHEEL_UP, event.y, event.x);
	if (event.bstate & BUTTON5_PRESSED)
		return top_mouse(TOP_WHEEL_DOWN, event.y, event.x);
	twice = s->click_ns && event.y == s->click_y && now_ns - s->click_ns < DOUBLE_CLICK_NS;
	s->click_ns = twice ? 0 : now_ns;
	s->click_y = event.y;
	return top_mouse(twice ? TOP_DOUBLE_CLICK : TOP_CLICK, event.y, event.x);
}

static int key_code(struct screen *s, wint_t key)
{
	static const struct {
		int from, to;
	} keys[] = {
		{KEY_UP, TOP_KEY_UP}, {KEY_DOWN, TOP_KEY_DOWN}, {KEY_LEFT, TOP_KEY_LEFT},
		{KEY_RIGHT, TOP_KEY_RIGHT}, {KEY_PPAGE, TOP_KEY_PAGE_UP},
		{KEY_NPAGE, TOP_KEY_PAGE_DOWN}, {KEY_HOME, TOP_KEY_HOME}, {KEY_END, TOP_KEY_END},
		{KEY_BACKSPACE, TOP_KEY_BACKSPACE}, {KEY_ENTER, TOP_KEY_ENTER},
		{KEY_F(10), TOP_KEY_QUIT},
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].from == (int)key)
			return keys[i].to;
	for (i = 1; i < 10; i++)
		if (key == (wint_t)KEY_F((int)i))
			return TOP_KEY_F + (int)i;
	if (key == KEY_MOUSE)
		return mouse_key(s);
	if (key != KEY_RESIZE)
		return 0;
	clearok(stdscr, TRUE);
	return TOP_KEY_REDRAW;
}

static bool is_gone(struct screen *s)
{
	s->gone = s->gone || hung_up(s);
	return s->gone;
}

int screen_key(struct screen *s)
{
	wint_t key;
	int kind;

	if (s->gone)
		return TOP_KEY_QUIT;
	if (!painter_is_idle(&s->painter))
		return is_gone(s) ? TOP_KEY_QUIT : TOP_KEY_NONE;
	if (screen_is_suspended() && !screen_is_owed(s)) {
		screen_give_back();
		return TOP_KEY_REDRAW;
	}
	while ((kind = get_wch(&key)) == KEY_CODE_YES && key == KEY_ANSWER) {
		screen_answered(s);
		if (!painter_is_idle(&s->painter)) /* a frame has waited for this */
			return TOP_KEY_NONE;
	}
	if (kind == KEY_CODE_YES)
		return key_code(s, key);
	if (kind == ERR)
		return is_gone(s) ? TOP_KEY_QUIT : TOP_KEY_NONE;
	if (key == ('L' & 0x1f)) {
		clearok(stdscr, TRUE);
		return TOP_KEY_REDRAW;
	}
	return key == 0x7f ? TOP_KEY_BACKSPACE : (int)key;
}
