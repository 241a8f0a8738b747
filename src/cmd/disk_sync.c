// SPDX-License-Identifier: GPL-2.0
#include "disk_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void *syncing(void *arg)
{
	struct disk_sync *s = arg;
	int fd, err;

	pthread_mutex_lock(&s->lock);
	while (s->cnt || !s->ending) {
		if (!s->cnt) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		fd = s->waiting[0];
		pthread_mutex_unlock(&s->lock);
		err = fsync(fd) ? -errno : 0;
		close(fd);
		pthread_mutex_lock(&s->lock);
		if (!s->err)
			s->err = err;
		memmove(s->waiting, s->waiting + 1, --s->cnt * sizeof(s->waiting[0]));
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int start(struct disk_sync *s)
{
	sigset_t all, before;
	int err;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	/* signals are for who waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&s->thread, NULL, syncing, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->has_thread = !err;
	return -err;
}

int disk_sync_put(struct disk_sync *s, int fd)
{
	int err = s->has_thread ? 0 : start(s), own;

	if (err)
		return err;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return -errno;
	pthread_mutex_lock(&s->lock);
	while (s->cnt == DISK_SYNC_WAITING)
		pthread_cond_wait(&s->changed, &s->lock);
	s->waiting[s->cnt++] = own;
	err = s->err;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return err;
}

bool disk_sync_is_busy(struct disk_sync *s)
{
	bool busy;

	if (!s->has_thread)
		return false;
	pthread_mutex_lock(&s->lock);
	busy = s->cnt;
	pthread_mutex_unlock(&s->lock);
	return busy;
}

int disk_sync_end(struct disk_sync *s)
{
	if (!s->has_thread)
		return 0;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->has_thread = false;
	return s->err;
}
