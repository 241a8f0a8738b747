/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording, played: the player says which frame is wanted, and here it is read up to there, from
 * its beginning again if that lies behind. No event is left out, so the figures of a frame are those
 * of its moment, however it was reached.
 */
#ifndef URBSCOPE_CMD_REPLAY_H
#define URBSCOPE_CMD_REPLAY_H

#include "extent.h"
#include "figures.h"
#include "loop.h"
#include "options.h"
#include "player.h"

struct replay_config {
	const struct watch_options *watch; /* resolved */
	const char *path;
	uint64_t interval_ns;
	double speed;
	bool every_frame;	/* leave none out, and none at 0 */
	/* Figures begin, for the first time or anew. 0 or -errno. */
	int (*begun)(void *ctx, struct figures *figures);
	void *begun_ctx;
};

struct replay {
	struct replay_config config;
	struct player player;
	struct loop loop;
	struct figures figures;
	struct extent extent;	/* .src while the length is being found out */
	bool is_file;		/* can be read again */
	bool ended;		/* read to its end, now */
	struct snapshot *base;	/* where the interval of the next frame begins; NULL: at 0 */
	uint64_t base_ns;
	uint64_t base_of_goal_ns;
	struct snapshot *total, *interval; /* the last frame */
	char kind[32], clock[32]; /* snapshots outlive the source that has these */
};

/* 0, or -errno with the fault filled in. The configuration is copied, what it points to is not. */
int replay_open(struct replay *r, const struct replay_config *config, struct fault *fault);
void replay_close(struct replay *r);

/*
 * One turn: waits for keys, for the next frame, or until `until_ns` (of loop_clock(); 0: no limit), and
 * reads a piece. *frame: there is a new one. Returns as loop_turn().
 */
int replay_turn(struct replay *r, uint64_t until_ns, int key_fd, bool *frame, struct fault *fault);

/* How far it has been read, since its beginning. */
uint64_t replay_position(const struct replay *r);

#endif
