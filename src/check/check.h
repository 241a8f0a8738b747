/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside check. A line is one endpoint, or one stream of an endpoint, as its level goes up and down.
 * Each assertion that must see the run as it goes has a watch on every line: what a selector means
 * may become known late (facts of a capture), so what is selected is asked at the end.
 *
 * A capture gives away what was in flight at its beginning by completions only, all of them before
 * the first paired completion of the endpoint. Until that one, the steps of a line are held back,
 * and then told with the levels that they had.
 */
#ifndef URBSCOPE_CHECK_CHECK_H
#define URBSCOPE_CHECK_CHECK_H

#include "urbscope/check.h"
#include "urbscope/idmap.h"

/* What watches need of a step, by value. */
struct step {
	uint64_t time_ns;
	uint64_t latency_ns;	/* COMPLETED: as far as it can be told at this step */
	uint32_t level;
	uint32_t urb;
	uint32_t length;
	int32_t status;
	uint8_t kind;		/* enum track_kind */
	uint64_t start_ns;	/* COMPLETED: of its submission */
	uint32_t gfp, interval;	/* SUBMITTED, as in the event */
	uint16_t stream;
	uint8_t type, flags;	/* enum urb_type, enum urb_event_flag */
	bool active;		/* FAILED: it was in flight already */
	bool slotless;		/* the number is not that of the driver's URB */
	/* STREAMS: .length is what was granted or is on, .status an error */
	uint8_t what;		/* enum urb_streams_what */
	bool queued;
	uint32_t asked;
};

/* The last moments of a line. */
struct trail {
	struct check_moment moments[SCENE_BEFORE];
	uint32_t cnt;		/* ever */
};

void trail_add(struct trail *trail, const struct step *step);

/* What a watch keeps of its first, or worst, violation. */
struct scene {
	struct check_scene is;
	bool begun;		/* there is one */
	bool sure;		/* it will not be taken back */
};

void scene_begin(struct scene *scene, const struct trail *trail, uint64_t time_ns, uint32_t depth);
/* A moment after it began. */
void scene_follow(struct scene *scene, const struct step *step);
void scene_drop(struct scene *scene);

struct line;
struct watch;

struct watch_ops {
	/* Comes before the step is on the trail of the line. */
	void (*step)(struct watch *w, const struct line *line, const struct step *step);
	/* Nothing more comes for certain, from that time on. */
	void (*end)(struct watch *w, const struct line *line, uint64_t now);
};

/* How a kind is watched; NULL: the snapshot has all that it needs. */
const struct watch_ops *watch_ops_of(enum assertion_kind kind);
extern const struct watch_ops depth_watch, gap_watch, completion_watch, refused_watch;

struct watch {
	const struct watch_ops *ops;
	const struct check_target *target;
	const struct assertion *assertion;
	uint64_t idle_threshold_ns;
	struct scene scene;

	/* The level that is held since then; there was a transfer. */
	uint64_t since_ns;
	uint32_t level;
	bool some;

	/* Depths: of the burst that is on. */
	bool reached, bad;
	uint64_t burst_ns;	/* its time, while the limit was not reached */
	uint32_t burst_submits;
	uint64_t open_ns, open_bad_ns, open_bad_cnt; /* since its last submission */

	uint64_t counted_ns, bad_ns, bad_cnt, never_cnt;
	double worst;
};

/* IN endpoints that are empty while OUT is pending: see pending.c. */
struct pending {
	const struct check_target *target;
	const struct assertion *assertion;
	struct scene scene;
	uint64_t empty_ns, both_ns; /* since when: no URB; no URB and OUT pending */
	bool some, empty, both;
	uint64_t longest_empty_ns, longest_ns;
};

/* A queue of a known design: see model.c. */
struct model;

struct model *model_new(const struct assertion *assertion);
void model_free(struct model *m);
void model_step(struct model *m, const struct line *line, const struct step *step);
void model_end(struct model *m, const struct line *line);

/* What became of a rule. False: the model has no such rule. */
struct ruling {
	bool seen;		/* the source can see what it needs */
	bool some;		/* there was something to judge it by */
	uint64_t bad_cnt;
	bool whole;		/* it speaks of the whole run: a part of it proves nothing */
	bool has_share;		/* it is a rule for a share of the transfers: it was kept by this one */
	double share;
	uint32_t streams_asked, streams_granted; /* if fewer: of the last such call */
	struct scene scene;
};
bool model_ruling(const struct model *m, enum check_rule rule, struct ruling *out);

/* The rules for all URBs: see rulebook.c. */
struct rulebook;

struct rulebook *rulebook_new(uint64_t idle_threshold_ns);
void rulebook_free(struct rulebook *b);
void rulebook_step(struct rulebook *b, const struct line *line, const struct step *step);
/* What a step says by itself, when nothing is known for certain of what is in flight. */
void rulebook_glance(struct rulebook *b, const struct line *line, const struct step *step);
/* A completion without a submission, or a submission of what is in flight. */
void rulebook_contradiction(struct rulebook *b, const struct line *line, uint64_t now);
bool rulebook_ruling(const struct rulebook *b, enum check_rule rule, struct ruling *out);

struct line {
	bool used;
	bool told;		/* nothing is held back any more */
	bool ended;		/* doubtful, or gone: the watches have ended */
	bool gone;		/* unplugged */
	enum doubt doubt;
	uint32_t ep, serial;
	uint16_t stream_id;
	uint32_t inherited;	/* of what is held back */
	struct step *held;
	uint32_t held_cnt, held_capacity;
	struct trail trail;
	struct watch *watches;	/* checker.watch_cnt */
	struct pending *pendings; /* checker.pending_cnt; endpoints only */
	struct model **models;	/* checker.model_cnt */
	struct rulebook *rulebook; /* if checker.rules; endpoints only */
	uint8_t speed;		/* enum urb_speed */
	uint32_t out_level;	/* in flight, on an OUT endpoint */
	uint32_t sibling;	/* endpoints only: the next of the same device, in a ring */
};

struct lines {
	struct line *line;
	uint32_t cnt, capacity;
};

struct checker {
	struct checker_config config;
	bool started;
	uint64_t start_ns, last_ns;
	struct lines endpoints, streams;
	struct watch *watches;	/* what a new line gets */
	uint32_t watch_cnt;
	struct pending *pendings;
	uint32_t pending_cnt;
	const struct assertion **models;
	uint32_t model_cnt;
	bool rules;		/* somebody asks for them */
	struct idmap urbs;	/* small numbers for what is in flight, by id */
	struct idmap slots;	/* and for the driver's URBs */
	uint32_t urb_cnt;
	int err;
};

/* --- line.c --- */

/* An unused line at that index. NULL: no memory. */
struct line *lines_renew(struct checker *self, struct lines *lines, uint32_t index, uint32_t ep, bool stream);
struct line *lines_get(const struct lines *lines, uint32_t index);
void lines_release(struct checker *self, struct lines *lines);

/* 0 or -ENOMEM. */
int line_step(struct checker *self, struct line *line, const struct step *step);

/* Tells the watches all that was held back, and that they have seen all there will be. */
void line_end(struct checker *self, struct line *line, uint64_t now);

/* --- pending.c --- */

void pending_step(struct checker *self, uint32_t index, const struct track_step *step);
void pending_end(struct checker *self, struct line *line, uint64_t now);

/* --- figure.c --- */

/* A figure between two values, which differ where only its bucket is known. */
struct figure {
	double low, high;
	bool seen;		/* the source can see what it needs */
	bool some;		/* there was something to measure */
};

struct figure figure_of(const struct assertion *a, const struct endpoint_figures *ep);

/* --- judge.c --- */

struct check_report *judge(const struct checker *self, const struct snapshot *snap,
			   const struct check_doubts *doubts);

#endif
