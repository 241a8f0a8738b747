// SPDX-License-Identifier: GPL-2.0
#include "http_auth.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define KEY_SIZE 32
#define KNOWN	 64		/* passwords that were right */
#define NAME_MAX_BYTES 256
#define PASSWORD_MAX 512	/* bcrypt itself looks at 72 */
#define HASH_SIZE 64
/* Who has waited for that long has gone. */
#define PATIENCE_S 20

struct job {
	struct job *next;
	void *who;
	bool exists;		/* there is such a user */
	time_t until;
	unsigned char mark[KEY_SIZE];
	char password[PASSWORD_MAX], hash[HASH_SIZE];
	enum auth_answer answer;
};

struct queue {
	struct job *first, **last;
};

struct http_auth {
	unsigned char key[KEY_SIZE]; /* of marks */
	unsigned char known[KNOWN][KEY_SIZE];
	unsigned int known_cnt;	/* ever */
	int fd;
	pthread_t thread;
	bool running, stopped;
	pthread_mutex_t lock;	/* of what follows */
	pthread_cond_t more;
	struct queue asked, answered;
	bool quit;
	struct crypt_data data;	/* the thread's */
};

static void put(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct job *take(struct queue *q)
{
	struct job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	return job;
}

static void job_free(struct job *job)
{
	explicit_bzero(job, sizeof(*job));
	free(job);
}

static time_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

struct http_auth *http_auth_new(void)
{
	struct http_auth *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (self->fd < 0 || gnutls_rnd(GNUTLS_RND_KEY, self->key, sizeof(self->key))) {
		int err = self->fd < 0 ? errno : EIO;

		if (self->fd >= 0)
			close(self->fd);
		free(self);
		errno = err;
		return NULL;
	}
	pthread_mutex_init(&self->lock, NULL);
	pthread_cond_init(&self->more, NULL);
	self->asked.last = &self->asked.first;
	self->answered.last = &self->answered.first;
	return self;
}

void http_auth_stop(struct http_auth *self)
{
	struct job *job;

	self->stopped = true;
	pthread_mutex_lock(&self->lock);
	self->quit = true;
	pthread_cond_signal(&self->more);
	pthread_mutex_unlock(&self->lock);
	if (self->running)
		pthread_join(self->thread, NULL);
	self->running = false;
	while ((job = take(&self->asked))) {
		job->answer = AUTH_BUSY;
		put(&self->answered, job);
	}
}

void http_auth_free(struct http_auth *self)
{
	struct job *job;

	if (!self)
		return;
	http_auth_stop(self);
	while ((job = take(&self->answered)))
		job_free(job);
	close(self->fd);
	pthread_cond_destroy(&self->more);
	pthread_mutex_destroy(&self->lock);
	explicit_bzero(self, sizeof(*self));
	free(self);
}

int http_auth_fd(const struct http_auth *self)
{
	return self->fd;
}

/* --- the thread ------------------------------------------------------------------------------ */

static enum auth_answer judge(struct http_auth *self, const struct job *job)
{
	const char *hash;
	size_t length;

	if (now_s() >= job->until)
		return AUTH_BUSY;
	hash = crypt_r(job->password, job->hash, &self->data);
	length = strlen(job->hash);
	if (!hash || strlen(hash) != length || gnutls_memcmp(hash, job->hash, length))
		return AUTH_DENIED;
	return job->exists ? AUTH_ALLOWED : AUTH_DENIED;
}

static void *work(void *arg)
{
	struct http_auth *self = arg;
	const uint64_t one = 1;
	struct job *job;

	/* events come first, where there is one processor for both */
	setpriority(PRIO_PROCESS, gettid(), 10);
	pthread_mutex_lock(&self->lock);
	while (!self->quit) {
		job = take(&self->asked);
		if (!job) {
			pthread_cond_wait(&self->more, &self->lock);
			continue;
		}
		pthread_mutex_unlock(&self->lock);
		job->answer = judge(self, job);
		pthread_mutex_lock(&self->lock);
		put(&self->answered, job);
		/* cannot fail: the counter is far from its end */
		if (write(self->fd, &one, sizeof(one)) != sizeof(one))
			break;
	}
	pthread_mutex_unlock(&self->lock);
	return NULL;
}

/* --- who asks -------------------------------------------------------------------------------- */

/* What stands for a password that was right: of use to nobody without our key. */
static bool mark_job(const struct http_auth *self, const char *user, struct job *job)
{
	char text[NAME_MAX_BYTES + PASSWORD_MAX + HASH_SIZE + 3];
	int size = snprintf(text, sizeof(text), "%s%c%s%c%s", user, 0, job->password, 0, job->hash);
	int err = gnutls_hmac_fast(GNUTLS_MAC_SHA256, self->key, sizeof(self->key), text, size,
				   job->mark);

	explicit_bzero(text, sizeof(text));
	return !err;
}

static bool is_known(const struct http_auth *self, const unsigned char *mark)
{
	unsigned int cnt = self->known_cnt < KNOWN ? self->known_cnt : KNOWN;
	bool found = false;

	for (unsigned int i = 0; i < cnt; i++)
		found |= !gnutls_memcmp(self->known[i], mark, KEY_SIZE);
	return found;
}

/* GnuTLS passes over what is none. */
static bool is_base64(const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *end = text + strspn(text, digits);

	return end != text && (!*end || !strcmp(end, "=") || !strcmp(end, "=="));
}

/* "Basic " and base64 of "user:password", both without a zero byte. */
static bool parse(const char *header, char *user, char *password)
{
	gnutls_datum_t in, out = { 0 };
	bool good = false;
	char *colon;

	if (!header || strncasecmp(header, "Basic ", 6))
		return false;
	header += 6 + strspn(header + 6, " ");
	in = (gnutls_datum_t){ (unsigned char *)header, strlen(header) };
	if (!is_base64(header) || gnutls_base64_decode2(&in, &out))
		return false;
	colon = memchr(out.data, ':', out.size);
	if (colon && !memchr(out.data, 0, out.size)) {
		size_t name = colon - (char *)out.data, rest = out.size - name - 1;

		good = name < NAME_MAX_BYTES && rest < PASSWORD_MAX;
		snprintf(user, NAME_MAX_BYTES, "%.*s", (int)name, (char *)out.data);
		snprintf(password, PASSWORD_MAX, "%.*s", (int)rest, colon + 1);
	}
	explicit_bzero(out.data, out.size);
	gnutls_free(out.data);
	return good;
}

/* The hash to be compared with; of somebody, where there is no such user. */
static bool find_user(const struct web_config *web, const char *name, const char **hash)
{
	*hash = web->users[0].hash;
	for (size_t i = 0; i < web->user_cnt; i++) {
		if (strcmp(web->users[i].name, name))
			continue;
		*hash = web->users[i].hash;
		return true;
	}
	return false;
}

static bool start(struct http_auth *self)
{
	if (!self->running && !self->stopped)
		self->running = !pthread_create(&self->thread, NULL, work, self);
	return self->running;
}

enum auth_answer http_auth_ask(struct http_auth *self, const struct web_config *web,
			       const char *header, void *who)
{
	char user[NAME_MAX_BYTES];
	const char *hash;
	struct job *job;

	if (!web->user_cnt)
		return AUTH_ALLOWED;
	job = calloc(1, sizeof(*job));
	if (!job)
		return AUTH_BUSY;
	if (!parse(header, user, job->password)) {
		job_free(job);
		return AUTH_DENIED;
	}
	job->exists = find_user(web, user, &hash);
	snprintf(job->hash, sizeof(job->hash), "%s", hash);
	if (!mark_job(self, user, job)) {
		job_free(job);
		return AUTH_BUSY;
	}
	if (job->exists && is_known(self, job->mark)) {
		job_free(job);
		return AUTH_ALLOWED;
	}
	if (!start(self)) {
		job_free(job);
		return AUTH_BUSY;
	}
	job->who = who;
	job->until = now_s() + PATIENCE_S;
	pthread_mutex_lock(&self->lock);
	put(&self->asked, job);
	pthread_cond_signal(&self->more);
	pthread_mutex_unlock(&self->lock);
	return AUTH_LATER;
}

bool http_auth_next(struct http_auth *self, void **who, enum auth_answer *answer)
{
	struct job *job;
	uint64_t cnt;

	/* before the queue is looked at: what comes later makes it readable again */
	if (read(self->fd, &cnt, sizeof(cnt)) < 0 && errno != EAGAIN)
		return false;
	pthread_mutex_lock(&self->lock);
	job = take(&self->answered);
	pthread_mutex_unlock(&self->lock);
	if (!job)
		return false;
	if (job->answer == AUTH_ALLOWED && !is_known(self, job->mark))
		memcpy(self->known[self->known_cnt++ % KNOWN], job->mark, KEY_SIZE);
	*who = job->who;
	*answer = job->answer;
	job_free(job);
	return true;
}
