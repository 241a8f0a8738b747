/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What went wrong, in one line for a person: what, on which object, and the cure. Filled where
 * it is known, printed once, by cmd.
 */
#ifndef URBSCOPE_FAULT_H
#define URBSCOPE_FAULT_H

struct fault {
	char text[512];
};

/* Fills in the line, unless an earlier one stands there already: the first cause is the one. */
__attribute__((format(printf, 2, 3))) void fault_set(struct fault *fault, const char *fmt, ...);

#endif
