// SPDX-License-Identifier: GPL-2.0
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Keys wait no longer than that. */
#define SLICE_NS 20000000ULL

/* From the beginning, the first time or again. */
static int begin(struct replay *r, struct fault *fault)
{
	struct source *src = watch_open(r->config.watch, r->config.path, fault);

	if (src)
		src = source_open_paced(src, fault);
	if (!src)
		return -EINVAL;
	figures_release(&r->figures);
	source_close(r->loop.src);
	figures_init(&r->figures, src, r->config.watch->idle_ns);
	r->figures.max_gone = FIGURES_MAX_GONE;
	r->loop.src = src;
	r->ended = false;
	snapshot_free(r->base);
	r->base = NULL;
	r->base_ns = 0;
	return r->config.begun ? r->config.begun(r->config.begun_ctx, &r->figures) : 0;
}

int replay_open(struct replay *r, const struct replay_config *config, struct fault *fault)
{
	int err;

	*r = (struct replay){ .config = *config, .is_file = extent_is_file(config->path) };
	loop_init(&r->loop, NULL); /* the source comes with begin() */
	err = begin(r, fault);
	if (!err && r->is_file)
		err = extent_open(&r->extent, config->path, fault);
	player_init(&r->player, config->interval_ns, config->speed, !config->every_frame, loop_clock());
	r->player.every_frame = config->every_frame;
	return err;
}

void replay_close(struct replay *r)
{
	extent_close(&r->extent);
	figures_release(&r->figures);
	source_close(r->loop.src);
	snapshot_free(r->base);
	snapshot_free(r->total);
	snapshot_free(r->interval);
}

uint64_t replay_position(const struct replay *r)
{
	return source_paced_position(r->loop.src);
}

static struct snapshot *take_snapshot(struct replay *r)
{
	struct snapshot *snap = figures_snapshot(&r->figures);

	if (!snap)
		return NULL;
	snprintf(r->kind, sizeof(r->kind), "%s", snap->source.kind);
	snprintf(r->clock, sizeof(r->clock), "%s", snap->source.clock);
	snap->source.kind = r->kind;
	snap->source.clock = r->clock;
	return snap;
}

static int set_base(struct replay *r)
{
	struct snapshot *snap = take_snapshot(r);

	if (!snap)
		return -errno;
	snapshot_free(r->base);
	r->base = snap;
	r->base_ns = r->base_of_goal_ns;
	return 0;
}

/* The frame is there. */
static int set_frame(struct replay *r)
{
	struct snapshot *total = take_snapshot(r);
	struct snapshot *interval = total ? snapshot_interval(r->base, total) : NULL;

	if (!interval) {
		snapshot_free(total);
		return -ENOMEM;
	}
	snapshot_free(r->total);
	snapshot_free(r->interval);
	r->total = total;
	r->interval = interval;
	player_reached(&r->player, loop_clock());
	return 0;
}

/* The length of the part that is played, of a recording of that length. */
static uint64_t part_of(const struct watch_options *w, uint64_t length_ns)
{
	uint64_t to = w->to.given && w->to.ns < length_ns ? w->to.ns : length_ns;

	return to > w->from.ns ? to - w->from.ns : 0;
}

/* What the length is for: the last frame is the recording's end, with all that lies on it. */
static bool is_last(const struct replay *r, uint64_t goal_ns)
{
	return r->player.length_known && goal_ns >= r->player.length_ns;
}

/* Up to where it is to be read now: where the interval of the goal begins, then the goal. */
static uint64_t next_stop(const struct replay *r)
{
	uint64_t goal = r->player.goal_ns;

	if (r->base_ns != r->base_of_goal_ns)
		return r->base_of_goal_ns;
	return is_last(r, goal) ? UINT64_MAX : goal ? goal : 1;
}

/* Is what the goal needs behind what has been read? */
static bool is_behind(const struct replay *r)
{
	uint64_t at = replay_position(r), goal = r->player.goal_ns;

	if (r->base_ns != r->base_of_goal_ns && (at > r->base_of_goal_ns || r->ended))
		return true;
	return at > (goal ? goal : 1);
}

/* Sets out for the frame that is wanted. */
static int set_out(struct replay *r, struct fault *fault)
{
	r->base_of_goal_ns = player_base_ns(&r->player, r->player.goal_ns);
	if (!is_behind(r))
		return 0;
	if (r->is_file)
		return begin(r, fault);
	r->base_of_goal_ns = r->base_ns; /* a pipe has no way back: a longer interval, or a shorter one */
	return 0;
}

/* Reads a piece, if that is needed to get there. 0 or -errno. */
static int read_on(struct replay *r, struct fault *fault)
{
	int err;

	source_paced_until(r->loop.src, next_stop(r));
	if (r->ended || source_paced_held(r->loop.src))
		return 0;
	/* the loop waits for a pipe, and reads it */
	if (!r->is_file && source_fd(r->loop.src) >= 0)
		return 0;
	err = source_read(r->loop.src, figures_event, &r->figures, fault);
	r->ended = err == -ENODATA;
	return err < 0 && !r->ended ? err : r->figures.err;
}

/* Goes on towards the frame that is wanted. 1: it is there; 0: not yet; -errno. */
static int go_on(struct replay *r, struct fault *fault)
{
	uint64_t keys_ns = loop_clock() + SLICE_NS;
	int err;

	while (player_wants(&r->player, loop_clock())) {
		err = set_out(r, fault);
		if (!err)
			err = read_on(r, fault);
		if (err)
			return err;
		/* only who gets there knows; a file may have grown, too */
		if (r->ended && (!r->player.length_known || r->player.length_ns != replay_position(r))) {
			player_set_length(&r->player, replay_position(r));
			continue;
		}
		if (!r->ended && !source_paced_held(r->loop.src)) {
			if (!r->is_file || loop_clock() >= keys_ns)
				return 0;
			continue;
		}
		if (r->base_ns == r->base_of_goal_ns)
			return set_frame(r) ? -ENOMEM : 1;
		err = set_base(r);
		if (err)
			return err;
	}
	return 0;
}

/* What is wrong with the recording shows when it is played up to there. */
static void go_on_with_length(struct replay *r)
{
	struct fault ignored = { "" };
	int err = r->extent.src ? extent_go_on(&r->extent, &ignored) : 1;

	if (err > 0)
		return;
	if (!err && !r->player.length_known)
		player_set_length(&r->player, part_of(r->config.watch, r->extent.length_ns));
	extent_close(&r->extent);
}

/* When something is to be done without a key. */
static uint64_t wake_ns(const struct replay *r)
{
	bool waits = source_fd(r->loop.src) >= 0 && !r->is_file; /* for a pipe */

	if (r->extent.src)
		return loop_clock();
	if (r->player.wanted && waits)
		return UINT64_MAX;
	return player_wake_ns(&r->player);
}

int replay_turn(struct replay *r, uint64_t until_ns, int key_fd, bool *frame, struct fault *fault)
{
	uint64_t wake = wake_ns(r);
	int why, err;

	if (until_ns && until_ns < wake)
		wake = until_ns;
	*frame = false;
	/* what it reads by itself is what has been waited for */
	r->loop.ended = r->is_file || r->ended;
	why = loop_turn(&r->loop, wake == UINT64_MAX ? 0 : wake ? wake : loop_clock(), key_fd, figures_event,
			&r->figures, fault);
	if (why < 0)
		return why;
	r->ended |= !r->is_file && r->loop.ended;
	go_on_with_length(r);
	err = go_on(r, fault);
	*frame = err > 0;
	return err < 0 ? err : why & ~LOOP_ENDED;
}
