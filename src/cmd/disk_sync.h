/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Has what was written brought to the disk, so that it is there after a crash of the machine. A thread
 * waits for the disk: events come meanwhile.
 */
#ifndef URBSCOPE_CMD_DISK_SYNC_H
#define URBSCOPE_CMD_DISK_SYNC_H

#include <pthread.h>
#include <stdbool.h>

#define DISK_SYNC_WAITING 16

/* All zero: nothing was asked for yet. */
struct disk_sync {
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	int waiting[DISK_SYNC_WAITING];	/* descriptors of its own, in order */
	unsigned int cnt;	/* of them, with the one under way */
	bool ending;
	int err;		/* the first, as -errno */
};

/*
 * What was written to `fd`, a file or a folder, is to be there soon; it may be closed. Waits only if
 * DISK_SYNC_WAITING of them do. 0, or what went wrong by now, also of earlier ones, as -errno. The
 * first call starts the thread, so privileges must have been dropped.
 */
int disk_sync_put(struct disk_sync *s, int fd);

/* Something is under way. */
bool disk_sync_is_busy(struct disk_sync *s);

/* When all is there. 0, or what went wrong, as -errno. */
int disk_sync_end(struct disk_sync *s);

#endif
