/* SPDX-License-Identifier: GPL-2.0 */
/* Files of the live view: what people chose, and screens that they keep. */
#ifndef URBSCOPE_CMD_CHOICES_H
#define URBSCOPE_CMD_CHOICES_H

#include <stddef.h>

#include "urbscope/top.h"

/*
 * From $XDG_CONFIG_HOME/urbscope/urbtop, else ~/.config/urbscope/urbtop. A file that is missing or
 * cannot be read stops nobody. 0 or -ENOMEM.
 */
int read_choices(struct top_view *view);

/* If anything was chosen since; by another name first, so that the file is whole at any time. */
void write_choices(const struct top_view *view);

/*
 * A new file in the current directory, named for the time: "urbtop-20261121-153000.txt". Returns its
 * descriptor, or -errno.
 */
int new_file(const char *stem, const char *ending, char *name, size_t size);

/* Into a new file in the current directory; where it is, or why not, is told on the screen. */
void save_screen(const struct canvas *canvas, struct top_view *view);

#endif
