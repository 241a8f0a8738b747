// SPDX-License-Identifier: GPL-2.0
/*
 * queueload: the queues and the baseline on libusb, on demand:
 *
 *   queueload VID:PID LOG KEY=VALUE...
 *   queueload 1d6b:0105 load.log dir=both depth=8 count=500
 *
 * queue_run.h has the words. SIGINT and SIGTERM end a run early. The log has the form of
 * tests/workload/lib/witness.h.
 *
 * Exit: 0; 2 the run could not begin; 3 the log was too small.
 */
#include <libusb-1.0/libusb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "queue_run.h"
#include "usb.h"

struct worker {
	struct queue_run run;
	pthread_t thread;
	int err;
};

static bool stop;

static void on_signal(int signo)
{
	(void)signo;
	stop = true;
}

static void *work(void *arg)
{
	struct worker *self = arg;
	char name[16];

	/* as the module's threads: from outside it shows that the run has begun */
	snprintf(name, sizeof(name), "queueload-%02x", self->run.endpoint);
	pthread_setname_np(pthread_self(), name);
	self->err = queue_run(&self->run);
	return NULL;
}

/* 0, or what kept one of them from beginning. */
static int run_all(struct worker *workers, unsigned int cnt)
{
	int err = 0;

	for (unsigned int i = 0; i < cnt; i++) {
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			abort();
	}
	for (unsigned int i = 0; i < cnt; i++) {
		pthread_join(workers[i].thread, NULL);
		if (!err)
			err = workers[i].err;
	}
	if (err)
		fprintf(stderr, "queueload: the run did not begin: %s\n", strerror(-err));
	return err;
}

static int write_log(const struct worker *workers, unsigned int cnt, const char *path)
{
	struct queue_run runs[2];
	int result = 0;
	FILE *out = fopen(path, "we");

	for (unsigned int i = 0; i < cnt; i++) {
		runs[i] = workers[i].run;
		if (runs[i].test.log.unlogged)
			result = 3;
	}
	if (!out || queue_run_write(runs, cnt, "queueload", out) || fclose(out)) {
		perror(path);
		return 2;
	}
	return result;
}

static int parse(struct queue_config *c, int argc, char **argv)
{
	char words[256] = "";
	const char *bad = "";

	for (int i = 3; i < argc; i++) {
		if (strlen(words) + strlen(argv[i]) + 2 > sizeof(words))
			return -E2BIG;
		strcat(strcat(words, argv[i]), " ");
	}
	if (argc >= 4 && !queue_config_parse(c, words, &bad))
		return 0;
	fprintf(stderr, "queueload: wrong or missing: '%s'\n"
		"usage: queueload VID:PID LOG KEY=VALUE...; see tests/queues/queue_run.h\n", bad);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	libusb_device_handle *handle = NULL;
	struct worker workers[2] = { 0 };
	unsigned int vid, pid, cnt = 0;
	struct queue_config config;
	uint8_t in, out;
	int err = 0, result = 2;

	if (parse(&config, argc, argv) || sscanf(argv[1], "%x:%x", &vid, &pid) != 2)
		return 2;
	if (libusb_init(NULL)) {
		fprintf(stderr, "queueload: libusb cannot start; is usbcore loaded?\n");
		return 2;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (usb_open("queueload", vid, pid, &handle, &in, &out))
		goto close;
	if (config.in)
		err = queue_run_init(&workers[cnt++].run, &config, handle, in, &stop);
	if (config.out && !err)
		err = queue_run_init(&workers[cnt++].run, &config, handle, out, &stop);
	if (!err && !run_all(workers, cnt))
		result = write_log(workers, cnt, argv[2]);
	while (cnt)
		queue_run_release(&workers[--cnt].run);
close:
	usb_close(handle);
	libusb_exit(NULL);
	return result;
}
