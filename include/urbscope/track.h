/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracker pairs submissions with completions and knows what is in flight, by endpoint and
 * by stream. It takes events in order of time, from any source, and hands each one's effect to
 * its caller as a struct track_step. It calls no clock, prints nothing and, once its tables have
 * grown to the size of the run, allocates nothing.
 */
#ifndef URBSCOPE_TRACK_H
#define URBSCOPE_TRACK_H

#include "urbscope/event.h"

struct tracker;
struct track_step;

#endif
