/* SPDX-License-Identifier: GPL-2.0 */
#ifndef URBSCOPE_TEST_CANVASLINE_H
#define URBSCOPE_TEST_CANVASLINE_H

#include "urbscope/canvas.h"

/* What row y says, without the blanks at its end; until the next call. */
const char *canvas_line(const struct canvas *c, int y);

#endif
