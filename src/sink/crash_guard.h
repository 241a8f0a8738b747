/* SPDX-License-Identifier: GPL-2.0 */
/* A program that dies of itself (SIGSEGV and its like) leaves the terminal as it was, and dies then. */
#ifndef URBSCOPE_SINK_CRASH_GUARD_H
#define URBSCOPE_SINK_CRASH_GUARD_H

#include <stddef.h>
#include <termios.h>

/*
 * From now on: `modes` are put back on `fd`, and `bytes` written to it. Signals that somebody handles
 * already (a sanitizer) are left to them. What does not fit is cut.
 */
void crash_guard_on(int fd, const struct termios *modes, const char *bytes, size_t size);
void crash_guard_off(void);

#endif
