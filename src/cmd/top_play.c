// SPDX-License-Identifier: GPL-2.0
/* urbtop on a recording, at a pace. */
#include <errno.h>
#include <stdio.h>

#include "loop.h"
#include "replay.h"
#include "top_modes.h"

/* A frame that takes longer to reach says how far it is. */
#define PATIENCE_NS 300000000ULL

struct playing {
	struct top *top;
	struct replay replay;
	struct top_replay line;
	uint64_t drawn_ns;	/* by loop_clock() */
	bool stale;		/* what is on the screen is not what there is */
};

static const struct move {
	enum player_key what;
	bool jumps;
} moves[] = {
	[TOP_PAUSE] = { PLAYER_PAUSE, false },
	[TOP_FASTER] = { PLAYER_FASTER, false },
	[TOP_SLOWER] = { PLAYER_SLOWER, false },
	[TOP_STEP] = { PLAYER_STEP, false },
	[TOP_STEP_BACK] = { PLAYER_STEP_BACK, true },
	[TOP_ON_1S] = { PLAYER_ON_1S, true },
	[TOP_BACK_1S] = { PLAYER_BACK_1S, true },
	[TOP_ON_10S] = { PLAYER_ON_10S, true },
	[TOP_BACK_10S] = { PLAYER_BACK_10S, true },
	[TOP_START] = { PLAYER_START, true },
	[TOP_END] = { PLAYER_END, true },
};

/* True if the frame must be drawn anew. */
static bool take_key(struct playing *p, int key)
{
	struct top_replay *line = &p->line;
	enum top_time time = top_time_key(p->top->view, key);

	line->note[0] = '\0';
	if (!time)
		return top_take_key(p->top, key);
	if (moves[time].jumps && !p->replay.is_file)
		snprintf(line->note, sizeof(line->note), "a pipe cannot jump");
	else
		player_press(&p->replay.player, moves[time].what, loop_clock());
	return true;
}

static bool take_keys(struct playing *p)
{
	bool changed = false;
	int key;

	while ((key = top_next_key(p->top)) != TOP_KEY_NONE) {
		changed |= take_key(p, key);
		if (p->top->record)
			top_say(p->top->view, "This is a recording: urbscope export --to urb keeps a part.");
		p->top->record = false;
	}
	return changed;
}

/* How far it is on its way to a frame. */
static void tell_progress(struct playing *p)
{
	const struct player *player = &p->replay.player;
	struct top_replay *line = &p->line;
	uint64_t goal = player->goal_ns, at = replay_position(&p->replay);

	if (goal == UINT64_MAX || !goal)
		snprintf(line->note, sizeof(line->note), "reading");
	else
		snprintf(line->note, sizeof(line->note), "reading %u%%",
			 at < goal ? (unsigned int)(at * 100.0 / goal) : 100);
}

static int draw(struct playing *p)
{
	const struct player *player = &p->replay.player;
	const uint64_t from_ns = p->top->o->watch.from.ns;
	struct top_replay *line = &p->line;

	line->on = true;
	line->at_ns = from_ns + player->at_ns;
	line->length_ns = player->length_known ? from_ns + player->length_ns : 0;
	line->ended = player_ended(player) && !player->wanted;
	player_speed_text(player, line->speed);
	line->paused = player->paused;
	top_set_replay(p->top->view, line);
	p->drawn_ns = loop_clock();
	p->stale = false;
	return top_draw_frame(p->top);
}

static int show(struct playing *p, bool frame)
{
	const struct player *player = &p->replay.player;
	bool slow = player->wanted && loop_clock() > p->drawn_ns + PATIENCE_NS;

	p->top->total = p->replay.total;
	p->top->interval = p->replay.interval;
	if (frame && p->replay.interval && feed_add(&p->top->feed, p->replay.total, p->replay.interval))
		return -ENOMEM;
	if (!p->top->screen)
		return frame ? top_show(p->top) : 0;
	if (slow)
		tell_progress(p);
	else if (frame && p->line.note[0] == 'r')
		p->line.note[0] = '\0';
	p->stale |= frame || slow;
	/* more frames than anybody sees come only where the recording is read flat out */
	if (!p->stale || loop_clock() < p->drawn_ns + PLAYER_FRAME_NS)
		return 0;
	return draw(p);
}

static int play(struct playing *p, struct fault *fault)
{
	const struct top_options *o = p->top->o;
	uint64_t end = o->duration_ns ? loop_clock() + o->duration_ns : 0;
	struct top *top = p->top;
	bool length_known = false;
	int why = 0, err = 0;

	while (!err && !top_quit(top->view) && !(why & LOOP_STOPPED)) {
		uint64_t until = p->stale ? p->drawn_ns + PLAYER_FRAME_NS : 0;
		bool frame;

		if (end && (!until || end < until))
			until = end;
		why = replay_turn(&p->replay, until, top->screen ? screen_fd(top->screen) : -1, &frame,
				  fault);
		if (why < 0)
			return why;
		/* the line has it, and the last frame stays */
		if (p->replay.player.length_known != length_known)
			p->stale = length_known = true;
		err = show(p, frame);
		if (!err && (take_keys(p) || why & LOOP_RESIZED) && top->screen && !top_quit(top->view))
			err = draw(p);
		if ((o->once && frame) || (end && loop_clock() >= end))
			break;
		if (!top->screen && player_ended(&p->replay.player))
			break;
	}
	return err;
}

static int begun(void *ctx, struct figures *figures)
{
	return feed_begin(ctx, figures);
}

int top_play(struct top *top, struct fault *fault)
{
	struct watch_options watch = top->o->watch;
	struct playing p = { .top = top };
	struct replay_config config = {
		.watch = &watch,
		.path = top->o->input,
		.interval_ns = top->o->interval_ns,
		.speed = top->o->speed ? top->o->speed : 1,
		.every_frame = top->o->mode != MODE_SCREEN,
		.begun = begun,
		.begun_ctx = &top->feed,
	};
	int err = watch_resolve(&watch, config.path, fault);

	if (!err)
		err = replay_open(&p.replay, &config, fault);
	if (!err)
		err = top_open_screen(top, fault);
	if (!err)
		err = play(&p, fault);
	screen_close(&top->screen);
	if (!err && p.replay.ended)
		watch_remark(p.replay.loop.src);
	top->total = top->interval = NULL;
	replay_close(&p.replay);
	return err;
}
